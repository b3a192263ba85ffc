"""A Chromium without a window, and the built book served to it from this machine.

    python -m book.browser

Succeeds where a Chromium starts, and says why where none does.
"""

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from playwright.sync_api import Browser, Error, Playwright, sync_playwright

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


class Quiet(SimpleHTTPRequestHandler):
    """A server that does not report every request."""

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


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address at which `folder` can be read, ending in a slash, on a port that was free."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


if __name__ == "__main__":
    try:
        with chromium():
            sys.exit(0)
    except CkdsnnError as error:
        sys.exit(str(error))
