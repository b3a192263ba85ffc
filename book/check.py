"""Open the built pages in a browser, as readers do, and list what is wrong with them.

    python -m book.check [PAGE ...]

Opens all of _build/html, or the pages named (book/index.html). Prints "page: width theme: what", a line a finding.
"""

import argparse
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from difflib import get_close_matches
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, Route

from book.browser import Traffic, chromium, served
from book.scan import Page as Text
from book.scan import link_findings
from ckdsnn.engine import usable_cores
from ckdsnn.errors import CkdsnnError

VIEWS = ((1440, "light"), (768, "dark"), (390, "light"), (390, "dark"))  # width in px, theme
HEIGHT = 900
SCRIPT = Path(__file__).with_name("check.js").read_text()
# WCAG 2.1 A and AA: contrast, alternative texts, names of controls, ... The preload would fetch all styles once more;
# what holds would be told as well, which on a page with large tables takes as long as the search itself.
STANDARD = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"], "preload": False, "resultTypes": ["violations"]}
EXPLORER, PANEL = ".explore", ".explore-controls"  # an interactive figure, and the part of it that holds its controls
CONTROLS = "select, input[type=range], input[type=radio], input[type=checkbox], [role=slider]"
KEYS = ("ArrowRight", "ArrowDown", "ArrowLeft", "ArrowUp", "Space")
PATIENCE, STEPS = 500, 5  # ms that an explorer may take to answer a key, and how often it is looked at meanwhile
DRAWN = "!globalThis.Bokeh || Bokeh.documents.every((document) => document.is_idle)"
LOADING = 60  # s that a page may take to be there; on two busy cores it takes up to 5
PART = 6  # pages that one browser opens, one after the other; there is one for each core
MADE, EACH = ("book/records", "_static/sources"), 50  # of pages that one program makes alike, every fiftieth is opened


def contents(html: Path) -> list[str]:
    """The pages below `html`, by their path from there, without those that only lead to another."""
    return [path.relative_to(html).as_posix() for path in sorted(html.rglob("*.html")) if "<body" in path.read_text()]


def sample(names: list[str]) -> list[str]:
    """The pages to open: all, but of those that are made alike a few."""
    made = [[name for name in names if name.startswith(folder)] for folder in MADE]
    few = {name for pages in made for name in pages[::EACH]}
    return [name for name in names if name in few or not name.startswith(MADE)]


class Opened:
    """A page that opens in a browser of its own, and what went wrong while it was open; to be used in a `with`."""

    def __init__(self, browser: Browser, address: str, name: str, width: int, theme: str):
        self.faults: list[str] = []
        self.host = urlsplit(address).netloc
        context = browser.new_context(
            color_scheme=theme, viewport={"width": width, "height": HEIGHT}, reduced_motion="reduce"
        )
        context.route(lambda url: urlsplit(url).netloc not in (self.host, ""), self.refuse)
        self.page = context.new_page()
        self.traffic = Traffic(self.page)
        self.page.on("console", lambda message: message.type == "error" and self.note(f"console: {message.text}"))
        self.page.on("pageerror", lambda error: self.note(f"script: {error.message}"))
        self.page.on("response", lambda response: response.ok or self.note(f"{response.status}: {response.url}"))
        self.page.goto(address + name, wait_until="commit")

    def __enter__(self) -> "Opened":
        return self

    def __exit__(self, *_: object) -> None:
        self.page.context.close()

    def complete(self) -> Page:
        """The page, when all of it is there; without what is not there after `LOADING`, which is noted."""
        try:
            self.traffic.wait(LOADING, DRAWN)
        except CkdsnnError as error:
            self.note(str(error))
        self.page.evaluate(f"{SCRIPT}; Object.assign(window, {{ named, overflow, focus }})")
        return self.page

    def note(self, fault: str) -> None:
        """Remember a fault, once."""
        if fault not in self.faults:
            self.faults.append(fault)

    def refuse(self, route: Route) -> None:
        """Note and stop a request to another host."""
        self.note(f"asks another host: {route.request.url}")
        route.abort()


def standard_findings(page: Page, theme: str) -> Iterator[str]:
    """What axe-core finds against the standard for accessible pages: a line a rule, with the first place.

    It takes no account of CSS filters, by which the dark theme turns explorers round: they are looked at in the light.
    """
    around = {"exclude": [[EXPLORER]]} if theme == "dark" else None
    for rule in Axe().run(page, around, STANDARD).response["violations"]:
        place, more = " ".join(map(str, rule["nodes"][0]["target"])), len(rule["nodes"]) - 1
        why = rule["nodes"][0]["failureSummary"].splitlines()[1].strip()
        yield f"{rule['id']}: {place}{f' and {more} more' if more else ''}: {why}"


def explorer_findings(page: Page) -> Iterator[str]:
    """Controls of interactive figures that change nothing when the keyboard moves them."""
    for explorer in page.locator(EXPLORER).all():
        controls = [control for control in explorer.locator(CONTROLS).all() if control.is_visible()]
        if not controls:
            yield "an explorer has no control"
        for control in controls:
            choice = control.evaluate("control => !control.disabled && (control.options?.length ?? 2) > 1")
            if choice and not responds(page, explorer, control):
                yield f"nothing changes with {control.evaluate('named')}"


def responds(page: Page, explorer: Locator, control: Locator) -> bool:
    """Whether the explorer, but for its controls, looks different after a key: forward, else back."""
    hidden = [control, explorer.locator(PANEL)]

    def look() -> bytes:
        return explorer.screenshot(mask=hidden, animations="disabled", style="* { outline: none !important }")

    before = look()
    for key in KEYS:
        control.focus()
        page.keyboard.press(key)
        for _ in range(STEPS):
            page.wait_for_timeout(PATIENCE / STEPS)
            if look() != before:
                return True
    return False


def page_findings(browser: Browser, address: str, name: str) -> Iterator[str]:
    """All findings in one page that only a browser can make, as "page: width theme: what"."""
    with ExitStack() as stack:  # all views load at the same time
        views = {view: stack.enter_context(Opened(browser, address, name, *view)) for view in VIEWS}
        for (width, theme), opened in views.items():
            page = opened.complete()
            found = [
                *page.evaluate("overflow()"),
                *standard_findings(page, theme),
                *page.evaluate("focus()"),
                *explorer_findings(page),
                *opened.faults,
            ]
            yield from (f"{name}: {width} {theme}: {finding}" for finding in found)


def open_pages(html: Path, names: list[str]) -> list[str]:
    """`page_findings` in these pages below `html`."""
    with chromium() as browser, served(html) as address:
        return [finding for name in names for finding in page_findings(browser, address, name)]


def check(html: Path, names: list[str]) -> Iterator[str]:
    """The findings in the named pages below `html`, or in all; links that lead nowhere are looked for in every page.

    Raises CkdsnnError without a Chromium, and for a page that is not there.
    """
    html = html.resolve()
    every = contents(html)
    if missing := sorted(set(names) - set(every)):
        near = get_close_matches(missing[0], every, cutoff=0) or ["none"]
        raise CkdsnnError(f"no such page: {', '.join(missing)}; the nearest of {len(every)} below {html}: {near[0]}")
    texts = {html / name: Text(html / name) for name in every}
    for name in names or every:
        yield from (f"{name}: {finding}" for finding in link_findings(texts[html / name], texts))
    opened = names or sample(every)
    parts = [opened[start : start + PART] for start in range(0, len(opened), PART)]
    if len(parts) == 1:
        yield from open_pages(html, opened)
        return
    with ProcessPoolExecutor(min(usable_cores(), len(parts)), get_context("spawn")) as pool:
        for findings in pool.map(partial(open_pages, html), parts):
            yield from findings


def main(arguments: list[str] | None = None) -> int:
    """The command; 0 if nothing was found, 1 if something was, 2 if the pages could not be opened."""
    parser = argparse.ArgumentParser(prog="python -m book.check", description=__doc__.splitlines()[0])
    parser.add_argument("pages", nargs="*", metavar="PAGE", help="pages of the book (default: all)")
    parser.add_argument("--html", type=Path, default=Path("_build/html"), help="where they are (default: %(default)s)")
    options = parser.parse_args(arguments)
    count = 0
    try:
        for finding in check(options.html, options.pages):
            print(finding, flush=True)
            count += 1
    except CkdsnnError as error:
        print(f"not checked: {error}", file=sys.stderr)
        return 2
    print(f"findings: {count}")
    return int(count > 0)


if __name__ == "__main__":
    sys.exit(main())
