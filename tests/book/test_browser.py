"""Pages are told to be complete when they are, and many may be asked for at the same time."""

import socket
from contextlib import ExitStack

import pytest

from book.browser import Quiet, Server, Traffic, served
from ckdsnn.errors import CkdsnnError

PAGE = '<!doctype html><link rel="icon" href="data:,"><title>begun</title>'
CHAIN = "<script>onload = async () => { await fetch('a'); await fetch('b'); document.title = 'done'; }</script>"


@pytest.fixture
def opened(browser, tmp_path):
    """body -> the traffic of a page of it, with the files a and b beside it, that has begun to load."""
    for name in "ab":
        (tmp_path / name).write_text("")
    with ExitStack() as stack:
        address = stack.enter_context(served(tmp_path))
        page = stack.enter_context(browser.new_page())

        def open_page(body: str) -> Traffic:
            (tmp_path / "page.html").write_text(PAGE + body)
            traffic = Traffic(page)
            page.goto(f"{address}page.html", wait_until="commit")
            return traffic

        yield open_page


def test_a_page_is_complete_when_all_that_it_asked_for_is_there(opened):
    traffic = opened(CHAIN)
    traffic.wait()
    assert traffic.page.title() == "done" and not traffic.open


def test_a_page_is_complete_when_it_is_drawn(opened):
    traffic = opened("<script>setTimeout(() => { document.title = 'drawn'; }, 500)</script>")
    traffic.wait(drawn="document.title === 'drawn'")
    assert traffic.page.title() == "drawn"


def test_what_is_missing_when_the_patience_is_over_is_named(opened):
    traffic = opened("<script>globalThis.drawn = false</script>")
    traffic.wait()
    with pytest.raises(CkdsnnError, match=r"not complete after 0\.5 s: loaded: True, globalThis\.drawn"):
        traffic.wait(0.5, "globalThis.drawn")
    traffic.page.route("**/a", lambda route: None)  # is never answered
    with traffic.page.expect_request("**/a"):
        traffic = opened(CHAIN)
    with pytest.raises(CkdsnnError, match=r"not complete after 0\.5 s: http://127\.0\.0\.1:\d+/a$"):
        traffic.wait(0.5)


def test_calls_that_come_all_at_once_are_all_taken():
    """Before the server looks at the first one, which is what a busy machine does to it."""
    with Server(("127.0.0.1", 0), Quiet) as server, ExitStack() as stack:
        for _ in range(100):
            stack.enter_context(socket.create_connection(server.server_address, timeout=2))
