"""A Chromium without a window, and the built book served to it from this machine.

    python -m book.browser

Succeeds where a Chromium starts, and says why where none does.
"""

import os
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from playwright.sync_api import Browser, Error, Page, Playwright, Request, sync_playwright

from ckdsnn.errors import CkdsnnError

COMMANDS = (
    "chromium-headless-shell",  # has no windows, not even hidden ones: a page costs a tenth of what it costs the others
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "microsoft-edge",
)
PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
)
SILENCE = 200  # ms without an open request after which a page asks for nothing more


class Quiet(SimpleHTTPRequestHandler):
    """Sends files, many over one connection, and does not report every request."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def installed() -> list[str]:
    """The programs that lie in the usual places."""
    commands = map(shutil.which, COMMANDS)
    return [*filter(None, commands), *(place for place in PLACES if Path(place).is_file())]


def launched(playwright: Playwright) -> Browser:
    """The program that the variable CHROMIUM names; else Playwright's own, else the first installed one that starts.

    Raises CkdsnnError where none does.
    """
    named = os.environ.get("CHROMIUM")
    programs = [named] if named else [None, *installed()]
    told = []
    for program in programs:
        try:
            return playwright.chromium.launch(executable_path=program)
        except Error as error:
            told.append(f"{program or 'its own'}: {error.message}")
    raise CkdsnnError(
        "no Chromium starts: name one with the variable CHROMIUM, or run "
        "`python -m playwright install --only-shell chromium`\n" + "\n".join(told)
    )


@contextmanager
def chromium() -> Iterator[Browser]:
    """A running Chromium. Raises CkdsnnError where there is none."""
    with sync_playwright() as playwright:
        browser = launched(playwright)
        try:
            yield browser
        finally:
            browser.close()


class Server(ThreadingHTTPServer):
    """A server on which several pages may call at once."""

    # Python's own 5 are fewer than four pages ask for in one go; Linux drops the others, which ask again only after
    # 1 s, then 3, 7, 15 and 31 s.
    request_queue_size = 128


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address at which `folder` can be read, ending in a slash, on a port that was free."""
    with Server(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


class Traffic:
    """Whether a page is loaded, and what it has asked for and not yet got; to be made before the page opens.

    In the place of Playwright's state "networkidle": beside other work, of some hundred pages one never reached it,
    although it was loaded and nothing was open any more (seen with Playwright 1.65).
    """

    def __init__(self, page: Page):
        self.page = page
        self.loaded = False
        self.open: set[Request] = set()
        page.on("load", lambda _: setattr(self, "loaded", True))
        page.on("request", lambda request: self.open.add(request))
        for end in ("requestfinished", "requestfailed"):
            page.on(end, lambda request: self.open.discard(request))

    def wait(self, patience: float = float("inf"), drawn: str = "true") -> None:
        """Return when the page is loaded and all that it asked for is there, `SILENCE` long.

        patience: in s; drawn: JavaScript that has to be true as well. Raises CkdsnnError that names what is missing
        when the patience is over.
        """
        until, silent = time.monotonic() + patience, 0.0
        while silent < SILENCE:
            if time.monotonic() > until:
                missing = ", ".join(request.url for request in self.open) or f"loaded: {self.loaded}, {drawn}"
                raise CkdsnnError(f"not complete after {patience:g} s: {missing}")
            self.page.wait_for_timeout(SILENCE / 4)
            complete = self.loaded and not self.open and self.page.evaluate(drawn)
            silent = silent + SILENCE / 4 if complete else 0.0


if __name__ == "__main__":
    try:
        with chromium():
            sys.exit(0)
    except CkdsnnError as error:
        sys.exit(str(error))
