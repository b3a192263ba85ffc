"""Sphinx extension: formulas as MathML, made at build time.

The default, MathJax, is a script from another host: without it a reader sees raw LaTeX. Browsers draw MathML
themselves, offline too, and screen readers read it.
"""

import re

from docutils import nodes
from latex2mathml.converter import convert
from sphinx.application import Sphinx
from sphinx.writers.html5 import HTML5Translator

# Signs around which MathML leaves more room than LaTeX does: |x|, x/y, max(x). A derivative's sign is a letter.
TIGHT = re.compile(r"<mo(?P<stretchy>[^>]*)>(?P<sign>&#x0007C;|&#x0002F;|max|min|exp|log)</mo>")
PARTIAL = "<mo>&#x02202;</mo>", "<mi>&#x02202;</mi>"


def mathml(latex: str, display: str = "inline") -> str:
    """The formula as MathML, spaced as LaTeX would. `display`: "inline" or "block"."""
    spaced = TIGHT.sub(r'<mo\g<stretchy> lspace="0" rspace="0">\g<sign></mo>', convert(latex, display=display))
    return spaced.replace(*PARTIAL)


def inline(translator: HTML5Translator, node: nodes.math) -> None:
    """A formula within a line."""
    translator.body.append(mathml(node.astext()))
    raise nodes.SkipNode


def block(translator: HTML5Translator, node: nodes.math_block) -> None:
    """A formula of its own. The second class makes the theme let the keyboard reach one too wide for the screen."""
    translator.body.append(
        f'<div class="formula pst-scrollable-table-container">{mathml(node.astext(), "block")}</div>'
    )
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the renderer that _config.yml names as html_math_renderer."""
    app.add_html_math_renderer("mathml", (inline, None), (block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
