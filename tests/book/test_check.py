"""Each check of the opened pages finds its fault on a small bad page, and nothing on a good one.

A page is opened with all faults that show in one view: a page costs as much as ten faults.
"""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from pathlib import Path

import pytest

from book import check
from book.browser import served

ROOT = Path(__file__).parents[2]
PAGE = """<!doctype html><html lang="en"><head><title>A page</title><link rel="icon" href="data:,">
<style>body {{ color: #222222; background: #ffffff; overflow-wrap: anywhere }} a {{ color: #003399 }}
@media (prefers-color-scheme: dark) {{ body {{ color: #eeeeee; background: #111111 }} a {{ color: #99ccff }} }}
</style></head><body><main><h1>A page</h1>{}</main></body></html>"""
GOOD = """<p>Words and <a href="#far">a link</a>.</p><img alt="A dot." src="data:image/gif;base64,
R0lGODlhAQABAIAAAAAAAP///ywAAAAAAQABAAACAUwAOw==">
<div style="overflow-x: auto" tabindex="0"><div style="width: 3000px">wide, but it scrolls by itself</div></div>
<div class="explore"><label>Steps <input type="range" min="0" max="9" oninput="seen.textContent = this.value"></label>
<span id="seen">5</span></div><p id="far">Far.</p>"""
DESK, TABLET, PHONE = (1440, "light"), (768, "dark"), (390, "light")
BAD = {
    "console error": (DESK, "<script>console.error('broken')</script>", "console: broken"),
    "script error": (DESK, "<script>nothing.there</script>", "script: nothing is not defined"),
    "another host": (DESK, '<img alt="x" src="https://example.org/x.png">', "asks another host: https://example.org/x"),
    "missing file": (DESK, "<script>fetch('lost.json')</script>", "404: "),
    "too wide": (PHONE, '<div style="width: 800px">wide</div>', "sticks out at the right: main > div (wide)"),
    "too wide page": (TABLET, '<div style="width: 800px">wide</div>', "the page is "),
    "contrast": (DESK, '<p id="pale" style="color: #999999; background: #ffffff">pale</p>', "color-contrast: #pale: "),
    "contrast in the dark": (TABLET, '<p style="color: #666666">pale</p>', "color-contrast: p: "),
    "no alternative text": (DESK, '<img id="mute" src="data:,">', "image-alt: #mute: "),
    "no label": (DESK, '<input id="bare" type="range">', "label: #bare: "),
    "focus not seen": (DESK, '<a href="#" style="outline: none">here</a>', "shows no focus: main > a (here)"),
    "dead explorer": (
        DESK,
        '<div class="explore"><label>Steps <input id="dead" type="range"></label></div>',
        "nothing changes with label > input#dead",
    ),
    "explorer that says only what is set": (
        DESK,
        '<div class="explore"><div class="explore-controls"><label>Steps <input id="loud" type="range" oninput="said'
        '.textContent = this.value"></label><output id="said">50</output></div></div>',
        "nothing changes with label > input#loud",
    ),
    "empty explorer": (DESK, '<div class="explore"></div>', "an explorer has no control"),
}


def findings(browser, folder, body) -> list[str]:
    (folder / "page.html").write_text(PAGE.format(body))
    with served(folder) as address:
        return list(check.page_findings(browser, address, "page.html"))


def test_good_page_has_no_findings(browser, tmp_path):
    assert findings(browser, tmp_path, GOOD) == []


@pytest.fixture(scope="module")
def found(browser, tmp_path_factory) -> dict[tuple[int, str], list[str]]:
    """View -> what is found, in that view alone, on a page with all its faults."""
    lines = {}
    assert {DESK, TABLET, PHONE} <= {*check.VIEWS}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(check, "PATIENCE", check.PATIENCE / 10)  # with what never answers
        patch.setattr(check, "STEPS", 1)
        for view in (DESK, TABLET, PHONE):
            patch.setattr(check, "VIEWS", [view])
            bodies = "".join(body for where, body, _ in BAD.values() if where == view)
            lines[view] = findings(browser, tmp_path_factory.mktemp("bad"), bodies)
    return lines


@pytest.mark.parametrize(("view", "finding"), [(view, finding) for view, _, finding in BAD.values()], ids=BAD)
def test_bad_page_is_found_out(found, view, finding):
    start = f"page.html: {view[0]} {view[1]}: {finding}"
    assert [line for line in found[view] if line.startswith(start)], found[view]


def test_command_says_what_is_wrong_and_fails(browser, tmp_path, monkeypatch, capsys):
    """With the browser that is there, as two cannot be steered from one process."""
    monkeypatch.setattr(check, "chromium", lambda: nullcontext(browser))
    monkeypatch.setattr(check, "VIEWS", [DESK])
    (tmp_path / "bad.html").write_text(PAGE.format('<a href="lost.html">lost</a><p style="width: 3000px">wide</p>'))
    (tmp_path / "good.html").write_text(PAGE.format("<p>Words.</p>"))  # of more the test above has no findings
    assert check.main(["--html", str(tmp_path), "good.html"]) == 0 and capsys.readouterr().out == "findings: 0\n"
    assert check.main(["--html", str(tmp_path)]) == 1
    first, *opened, count = capsys.readouterr().out.splitlines()
    assert first == "bad.html: leads to a file that is not there: lost.html" and count == f"findings: {1 + len(opened)}"
    assert any(line.startswith("bad.html: 1440 light: sticks out at the right: main > p") for line in opened)


def test_pages_that_are_not_there_are_named(tmp_path, capsys):
    (tmp_path / "page.html").write_text(PAGE.format(""))
    assert check.main(["--html", str(tmp_path), "lost.html"]) == 2
    assert "no such page: lost.html" in capsys.readouterr().err


def test_of_pages_made_alike_a_few_are_opened():
    made = [f"{folder}/{index}.html" for folder in check.MADE for index in range(70)]
    few = ["index.html", "book/method.html", "notebooks/00.html"]
    opened = check.sample(few + made)
    assert set(few) <= set(opened) and len(opened) == len(few) + 4 and opened == [n for n in few + made if n in opened]


def test_many_pages_are_shared_out_and_their_findings_keep_their_order(tmp_path, monkeypatch):
    """By threads here: a process of each browser's own would cost seconds."""
    names = [f"{number:02}.html" for number in range(2 * check.PART + 1)]
    for name in names:
        (tmp_path / name).write_text(PAGE.format(""))
    shares = []
    monkeypatch.setattr(check, "ProcessPoolExecutor", lambda workers, _: ThreadPoolExecutor(workers))
    monkeypatch.setattr(check, "open_pages", lambda _, share: shares.append(len(share)) or share)
    assert list(check.check(tmp_path, [])) == names and sorted(shares) == [1, check.PART, check.PART]


def test_pages_that_only_lead_on_are_not_opened(tmp_path):
    (tmp_path / "index.html").write_text('<meta http-equiv="Refresh" content="0; url=page.html">')
    (tmp_path / "page.html").write_text(PAGE.format(""))
    assert check.contents(tmp_path) == ["page.html"]


def test_without_a_chromium_the_error_says_what_to_do(tmp_path):
    (tmp_path / "page.html").write_text(PAGE.format(""))
    line = [sys.executable, "-m", "book.check", "--html", tmp_path]
    none = {"CHROMIUM": str(tmp_path / "none")}
    result = subprocess.run(line, cwd=ROOT, env=os.environ | none, capture_output=True, text=True)
    assert result.returncode == 2 and "name one with the variable CHROMIUM" in result.stderr
