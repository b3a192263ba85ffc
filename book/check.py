"""Open every built page in a browser, as readers do, and list what is wrong with it.

    python -m book.check [PAGE ...]

Checks _build/html, or of it the pages named (book/index.html). Prints "page: width theme: what", a line a finding.
"""

import argparse
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ElementHandle, Page, Route

from book.browser import chromium, served
from book.scan import Page as Text
from book.scan import link_findings
from ckdsnn.errors import CkdsnnError

WIDTHS, HEIGHT = (1440, 768, 390), 900
THEMES = ("light", "dark")
SCRIPT = Path(__file__).with_name("check.js").read_text()
STANDARD = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"], "preload": False}  # contrast, alt texts, names, ...
CONTROLS = "select, input[type=range], input[type=radio], input[type=checkbox], [role=slider]"
PATIENCE = 2000  # ms that an explorer may take to answer


def contents(html: Path) -> list[str]:
    """The pages below `html`, by their path from there."""
    paths = (path.relative_to(html) for path in sorted(html.rglob("*.html")))
    return [path.as_posix() for path in paths if "_static" not in path.parts]


class Opened:
    """A page in a browser, and what went wrong while it was open."""

    def __init__(self, browser: Browser, address: str, name: str, theme: str):
        self.faults: list[str] = []
        context = browser.new_context(color_scheme=theme, viewport={"width": WIDTHS[0], "height": HEIGHT})
        self.host = urlsplit(address).netloc
        context.route("**/*", self.answer)
        self.page = context.new_page()
        self.page.on("console", lambda message: message.type == "error" and self.note(f"console: {message.text}"))
        self.page.on("pageerror", lambda error: self.note(f"script: {error.message}"))
        self.page.on("response", lambda response: response.ok or self.note(f"{response.status}: {response.url}"))
        self.page.goto(address + name, wait_until="networkidle")
        self.page.add_script_tag(content=SCRIPT)

    def note(self, fault: str) -> None:
        """Remember a fault, once."""
        if fault not in self.faults:
            self.faults.append(fault)

    def answer(self, route: Route) -> None:
        """Let requests to the book through; note and stop those to other hosts."""
        if urlsplit(route.request.url).netloc in (self.host, ""):
            route.continue_()
        else:
            self.note(f"asks another host: {route.request.url}")
            route.abort()

    def close(self) -> None:
        """Leave the page."""
        self.page.context.close()


def standard_findings(page: Page) -> Iterator[str]:
    """What axe-core finds against WCAG 2.1 A and AA: contrast, alternative texts, names of controls and more."""
    for rule in Axe().run(page, options=STANDARD).response["violations"]:
        for node in rule["nodes"]:
            why = node["failureSummary"].splitlines()[1].strip()
            yield f"{rule['id']}: {' '.join(map(str, node['target']))}: {why}"


def explorer_findings(page: Page) -> Iterator[str]:
    """Controls of interactive figures (class "explorer") that change nothing when the keyboard moves them."""
    for explorer in page.locator(".explorer").all():
        for control in explorer.locator(CONTROLS).all():
            if control.is_visible() and control.is_enabled() and not responds(page, explorer, control):
                yield f"nothing changes with the control {control.evaluate('named')}"


def responds(page: Page, explorer: ElementHandle, control: ElementHandle) -> bool:
    """Whether the explorer, but for the control itself, looks different after a key: forward, else back."""
    before = explorer.screenshot(mask=[control], animations="disabled")
    for key in ("ArrowRight", "ArrowDown", "ArrowLeft", "Space"):
        control.focus()
        page.keyboard.press(key)
        for _ in range(4):
            page.wait_for_timeout(PATIENCE / 16)
            if explorer.screenshot(mask=[control], animations="disabled") != before:
                return True
    return False


def page_findings(browser: Browser, address: str, name: str) -> Iterator[str]:
    """All findings in one page, as "page: width theme: what"."""
    for theme in THEMES:
        opened = Opened(browser, address, name, theme)
        checks: dict[str, Callable[[Page], object]] = {
            "focus": lambda page: page.evaluate("focus()"),
            "standard": standard_findings,
        }
        if theme == THEMES[0]:  # what does not depend on colours
            checks["explorers"] = explorer_findings
        for width in WIDTHS:
            opened.page.set_viewport_size({"width": width, "height": HEIGHT})
            found = list(opened.page.evaluate("overflow()"))
            if width in (WIDTHS[0], WIDTHS[-1]):
                found += [finding for check in checks.values() for finding in check(opened.page)]
            yield from (f"{name}: {width} {theme}: {finding}" for finding in found)
        yield from (f"{name}: {theme}: {fault}" for fault in opened.faults)
        opened.close()


def check(html: Path, names: list[str]) -> Iterator[str]:
    """The findings in the named pages below `html`. Raises CkdsnnError without a Chromium, or without such a page."""
    every = contents(html)
    if missing := sorted(set(names) - set(every)):
        raise CkdsnnError(f"no such page: {', '.join(missing)}; the pages of {html}: {', '.join(every) or 'none'}")
    texts = {(html / name).resolve(): Text((html / name).resolve()) for name in every}
    with chromium() as browser, served(html) as address:
        for name in names or every:
            links = link_findings(texts[(html / name).resolve()], texts)
            yield from (f"{name}: {finding}" for finding in links)
            yield from page_findings(browser, address, name)


def main(arguments: list[str] | None = None) -> int:
    """The command; 0 if nothing was found, 1 if something was, 2 if the book could not be opened."""
    parser = argparse.ArgumentParser(prog="python -m book.check", description=__doc__.splitlines()[0])
    parser.add_argument("pages", nargs="*", metavar="PAGE", help="pages of _build/html (default: all)")
    parser.add_argument("--html", type=Path, default=Path("_build/html"), help="the built book")
    options = parser.parse_args(arguments)
    count = 0
    try:
        for finding in check(options.html, options.pages):
            print(finding, flush=True)
            count += 1
    except CkdsnnError as error:
        print(f"not checked: {error}", file=sys.stderr)
        return 2
    print(f"{count} findings" if count else "nothing found")
    return int(count > 0)


if __name__ == "__main__":
    sys.exit(main())
