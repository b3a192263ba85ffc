"""Where the book's pages lead to files of the project: to its repository, or to pages of the book that show them."""

import re
from html import escape
from pathlib import Path

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import TextLexer, get_lexer_for_filename
from pygments.util import ClassNotFound

from ckdsnn.errors import CkdsnnError

FOLDER = "_static/sources"  # below the stage's book; of the pages, and of the files as they are
LINK = re.compile(r"\[([^\]]+)\]\(\.\./([^)#\s]+)(?:#([\w-]+))?\)")  # in Markdown, to another top-level folder
LINE = re.compile(r"L\d+")
LIGHT, DARK = "a11y-high-contrast-light", "a11y-high-contrast-dark"  # as the book's own code
STYLE = """\
body { margin: 0; padding: 1rem; background: #fff; color: #222; font: 16px/1.5 system-ui, sans-serif; }
a { color: #0a5894; }
h1 { font-size: 1.3rem; overflow-wrap: anywhere; }
pre { margin: 0; padding: 1rem 0; overflow-x: auto; font: 14px/1.5 ui-monospace, Menlo, Consolas, monospace; }
pre > span { display: block; width: max-content; min-width: 100%; scroll-margin-top: 30vh; }
pre > span > a { display: inline-block; width: 2.5rem; margin-right: 1rem; text-align: right; text-decoration: none;
  color: #595959; user-select: none; }
pre > span:target { background: #fff3bf; }
html[data-theme="dark"] body { background: #14181e; color: #ced6dd; }
html[data-theme="dark"] a { color: #7fbff5; }
html[data-theme="dark"] pre > span > a { color: #9aa4ae; }
html[data-theme="dark"] pre > span:target { background: #3d3613; }
"""
PAGE = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{path}</title>
<link rel="stylesheet" href="{up}source.css">
<script>
document.documentElement.dataset.theme = localStorage.getItem("theme")
  || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
</script>
</head>
<body>
<nav><a href="{up}../../index.html">The book</a> · <a href="{name}" download>Download this file</a></nav>
<main>
<h1>{path}</h1>
<pre class="highlight" tabindex="0" aria-label="The file, line by line">{lines}</pre>
</main>
</body>
</html>
"""


class Sources:
    """Makes links to files below `root`, for pages that lie one folder deep, and remembers which files to show.

    With a repository's address links lead to its site, on `branch`, and there is nothing to show.
    """

    def __init__(self, root: Path, repository: str, branch: str):
        self.root, self.site = root, repository and f"{repository}/blob/{branch}"
        self.shown: set[str] = set()

    def link(self, path: str, place: str = "") -> str:
        """The address that shows the file, a path below the root, at a line ("L12") or at what it defines ("run")."""
        place = place and f"#{self.line_of(path, place)}"
        if self.site:
            return f"{self.site}/{path}{place}"
        self.shown.add(path)
        return f"../{FOLDER}/{path}.html{place}"

    def line_of(self, path: str, name: str) -> str:
        """Where a file defines a function, class or constant, as "L12". Raises CkdsnnError where it does not."""
        if LINE.fullmatch(name):
            return name
        text = (self.root / path).read_text()
        if not (found := re.search(rf"^(?:def |class |){re.escape(name)}\b", text, re.MULTILINE)):
            raise CkdsnnError(f"a link names {name!r}, but {path} does not define it")
        return f"L{text.count(chr(10), 0, found.start()) + 1}"

    def rewrite(self, text: str) -> str:
        """Markdown whose relative links to files outside the book (../ckdsnn/cli.py#main) lead to where they are shown.

        As HTML where the book shows them: MyST would offer the page for download.
        """

        def shown(match: re.Match) -> str:
            label, path, place = match[1], match[2], match[3] or ""
            if path.split("/")[0] in ("book", "notebooks") or not (self.root / path).is_file():
                return match[0]
            link = self.link(path, place)
            return f"[{label}]({link})" if self.site else f'<a class="reference" href="{link}">{label}</a>'

        return LINK.sub(shown, text)

    def files(self) -> dict[str, bytes]:
        """What is to lie in FOLDER: name -> content of each file shown, of the page that shows it, and their style."""
        if not self.shown:
            return {}
        found = {"source.css": stylesheet().encode()}
        for path in sorted(self.shown):
            content = (self.root / path).read_bytes()
            found |= {path: content, f"{path}.html": page(path, content.decode()).encode()}
        return found


def stylesheet() -> str:
    """The look of the pages, light and dark."""
    selectors = {LIGHT: ".highlight", DARK: 'html[data-theme="dark"] .highlight'}
    rules = [HtmlFormatter(style=style, nobackground=True).get_style_defs(where) for style, where in selectors.items()]
    return STYLE + "\n".join(rules) + "\n"


def page(path: str, text: str) -> str:
    """A file as an HTML page with numbered lines, each an anchor ("L12"), coloured by the language of its name."""
    try:
        lexer = get_lexer_for_filename(path, stripnl=False)
    except ClassNotFound:
        lexer = TextLexer(stripnl=False)
    lines = highlight(text, lexer, HtmlFormatter(nowrap=True)).splitlines()
    body = "".join(f'<span id="L{n}"><a href="#L{n}">{n}</a>{line}\n</span>' for n, line in enumerate(lines, start=1))
    return PAGE.format(path=escape(path), name=escape(Path(path).name), up="../" * path.count("/"), lines=body)
