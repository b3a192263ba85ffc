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

from playwright.sync_api import Browser, Error, sync_playwright

from ckdsnn.errors import CkdsnnError

COMMANDS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge")
PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
)


class Quiet(SimpleHTTPRequestHandler):
    """A server that does not report every request."""

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def installed() -> str | None:
    """The program that the variable CHROMIUM names, or one found in a usual place; None if there is none."""
    commands = (shutil.which(command) for command in COMMANDS)
    places = (place for place in PLACES if Path(place).is_file())
    return os.environ.get("CHROMIUM") or next(filter(None, (*commands, *places)), None)


@contextmanager
def chromium() -> Iterator[Browser]:
    """A running Chromium: the installed one, else Playwright's own. Raises CkdsnnError where there is neither."""
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=installed())
        except Error as error:
            raise CkdsnnError(
                f"no Chromium starts ({installed() or 'none is installed'}): name one with the variable CHROMIUM, "
                f"or run `python -m playwright install chromium`\n{error.message}"
            ) from error
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
