"""The explorers as a reader meets them, in Chromium: their numbers are the package's, and keys and filters work."""

import csv
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import torch

from book.explore import nld, samd
from book.explore.data import shown_runs
from book.explore.losses import students, tensor
from book.parts import Generator
from ckdsnn.distill import nld_loss, samd_loss
from ckdsnn.distill.maps import map_range, min_max
from ckdsnn.records import load_records

ROOT = Path(__file__).parents[2]
PAGES = {"maps": "maps", "samd": "losses", "nld": "losses", "runs": "runs"}  # explorer -> its page
MODEL = "([name, key]) => Bokeh.documents.find((d) => d.title() === name).get_model_by_name(`${name}-${key}`)"


@pytest.fixture(scope="module")
def runs():
    return load_records(ROOT / "results")


@pytest.fixture(scope="module")
def site(explorers, tmp_path_factory) -> Path:
    """The three pages with what lies beside them, without the theme."""
    folder, made = tmp_path_factory.mktemp("site"), Generator(ROOT, {})
    (folder / "book").mkdir()
    for name in set(PAGES.values()):
        with pytest.MonkeyPatch.context() as patch:  # made already
            patch.setattr(
                "book.explore.explorers.EXPLORERS", {key: lambda *_, key=key: explorers[key] for key in PAGES}
            )
            text = made.fill((ROOT / "book" / f"explore_{name}.md").read_text())
        head = '<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        (folder / "book" / f"{name}.html").write_text(head + text.replace("````{raw} html", "").replace("````", ""))
    for name, content in made.files.items():
        (folder / "_static" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "_static" / name).write_bytes(content)
    shutil.copy(ROOT / "book" / "_static" / "explore.css", folder / "_static")
    (folder / "book" / "records").mkdir()
    for run in made.runs:
        (folder / "book" / "records" / f"{run.id}.html").write_text("<!doctype html><title>a run</title>")
    (folder / "_static" / "data").mkdir()
    for name, text in made.data.items():
        (folder / "_static" / "data" / f"{name}.csv").write_text(text)
    return folder


@contextmanager
def faultless(browser) -> Iterator:
    """A page that must meet no error, and ask for nothing but files."""
    page = browser.new_page()
    faults = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda told: faults.append(told.text) if told.type in ("error", "warning") else None)
    page.on(
        "request", lambda request: None if request.url.startswith(("file:", "data:")) else faults.append(request.url)
    )
    yield page
    page.close()
    assert faults == []


@pytest.fixture
def page(browser) -> Iterator:
    with faultless(browser) as page:
        yield page


@pytest.fixture(params=["maps", "samd", "runs"], scope="module")
def on_telephone(request, browser, site) -> Iterator:
    """The page of an explorer on a telephone, for several tests."""
    with faultless(browser) as page:
        page.set_viewport_size({"width": 390, "height": 844})
        yield opened(page, site, request.param)


def opened(page, site, name):
    """The page of an explorer, when it has drawn."""
    page.goto((site / "book" / f"{PAGES[name]}.html").as_uri())
    page.wait_for_function("window.Bokeh && Bokeh.documents.length && Bokeh.documents.every((d) => d.is_idle)")
    return page


def choose(page, name, **choices):
    for key, value in choices.items():
        page.evaluate(f"([name, key, value]) => {{ ({MODEL})([name, key]).value = value; }}", [name, key, value])


def value(page, name, part):
    return float(page.get_attribute(f"#explore-{name}-{part}", "data-value"))


def test_samd_is_the_packages(page, site, runs):
    opened(page, site, "samd")
    shown = students(runs, ROOT / "results")
    positions = [
        ("CKDSNN", 1, 2.0, "sample", "sample"),
        ("CKDSNN", 1, 0.1, "sample", "sample"),
        ("plain SNN", 7, 0.5, "sample", "none"),
        ("NLD", 64, 8.0, "batch", "batch"),
        ("KD", 30, 1.3, "rate", "rate"),
        ("CKDSNN (count)", 12, 4.0, "none", "none"),
    ]
    for student, picture, temperature, teacher_range, student_range in positions:
        choices = {"temperature": temperature, "teacher_range": teacher_range, "student_range": student_range}
        choose(page, "samd", student=student, picture=picture, **choices)
        units = samd.units_of(shown[student])
        sam = map_range(tensor(shown[student], "sam"), student_range, units["student"])[picture - 1, None]
        cam = map_range(tensor(shown[student], "cam"), teacher_range, units["teacher"])[picture - 1, None]
        loss = samd_loss(sam, cam, temperature).item()
        kl = samd_loss(sam, cam, temperature, temperature_squared=False).item()
        assert value(page, "samd", "loss") == pytest.approx(loss, rel=1e-9)
        assert value(page, "samd", "kl") == pytest.approx(kl, rel=1e-9)
        assert float(page.inner_text("#explore-samd-loss")) == pytest.approx(loss, rel=1e-3)


def test_nld_is_the_packages_for_the_same_draws(page, site, runs, monkeypatch):
    opened(page, site, "nld")
    shown = students(runs, ROOT / "results")
    draws = torch.tensor(nld.noise(10))
    positions = [("CKDSNN", 1, 0.1, 2, 1), ("plain SNN", 5, 1.0, 0.5, 16), ("NLD", 64, 0.35, 8, 4), ("KD", 2, 0, 4, 2)]
    for student, picture, weight, tau, draw in positions:
        choose(page, "nld", student=student, picture=picture, weight=weight, temperature=tau, draw=draw)
        own, teacher = (tensor(shown[student], name)[picture - 1, None] for name in ("logits", "teacher_logits"))
        for part, noise in (("loss", draws[draw - 1, None]), ("mean", draws)):
            monkeypatch.setattr(torch, "randn", lambda *_, noise=noise, **__: noise)
            both = (logits.expand(len(noise), -1) for logits in (own, teacher))
            assert value(page, "nld", part) == pytest.approx(nld_loss(*both, weight, tau).item(), rel=1e-9)
        assert value(page, "nld", "clean") == pytest.approx(nld_loss(own, teacher, 0.0, tau).item(), rel=1e-9)
        assert value(page, "nld", "deviation") == pytest.approx(own.std().item(), rel=1e-9)


def test_a_slider_is_reached_by_tab_moved_by_arrows_and_seen_to_have_the_focus(page, site):
    opened(page, site, "samd")
    before = value(page, "samd", "loss")
    active = "let e = document.activeElement; while (e.shadowRoot?.activeElement) e = e.shadowRoot.activeElement;"
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate(f"() => {{ {active} return e.getAttribute('aria-label'); }}") == "Map temperature Tₛ":
            break
    assert page.evaluate(f"() => {{ {active} return getComputedStyle(e).outlineStyle; }}") == "solid"
    page.keyboard.press("ArrowLeft")
    assert page.evaluate(f"(at) => ({MODEL})(at).value", ["samd", "temperature"]) == pytest.approx(1.9)
    assert value(page, "samd", "loss") != before


def test_tab_stops_at_every_control_and_at_nothing_without_a_name(on_telephone):
    page = on_telephone
    named = "e.getAttribute('aria-label') || e.labels?.[0]?.textContent || e.textContent.trim() || e.title"
    at = "let e = document.activeElement; while (e.shadowRoot?.activeElement) e = e.shadowRoot.activeElement;"
    stops = []
    while not stops or stops[-1][0] != "BODY":
        page.keyboard.press("Tab")
        stops.append(page.evaluate(f"() => {{ {at} return [e.tagName, e.role, {named}]; }}"))
    assert all(label for _, _, label in stops[:-1]), stops
    controls = [one for one in page.locator("select, [role=slider]").all() if one.is_visible() and one.is_enabled()]
    assert sum(tag == "SELECT" or role == "slider" for tag, role, _ in stops) == len(controls) > 4


def image_of(page, key):
    """The cells that a panel of maps shows."""
    script = f"(at) => ({MODEL})(at).renderers.find((r) => r.data_source.name === 'cells').data_source.data.image[0]"
    return np.array(page.evaluate(f"(at) => Array.from(({script})(at))", ["maps", key]))


def test_a_sam_grows_from_step_to_step_and_is_compared_with_the_cam(page, site, runs):
    opened(page, site, "maps")
    page.wait_for_function("document.getElementById('explore-maps-sam').textContent")
    assert not page.evaluate(f"(at) => ({MODEL})(at).visible", ["maps", "step"])
    shown = shown_runs(runs, ROOT / "results", lambda cell: cell.dataset == "cifar10-events")
    cell, run = next(pair for pair in shown.items() if pair[0].method == "ckdsnn")  # stays chosen
    choose(page, "maps", dataset="events simulated from CIFAR-10", picture=9, step=1)
    page.wait_for_function("document.getElementById('explore-maps-sam').textContent.includes('t = 1 of 4')")
    assert page.evaluate(f"(at) => ({MODEL})(at).value", ["maps", "student"]) == cell.student
    spikes = run.arrays["sam_steps"][8].astype(float)
    for step in (1, 2, 4):
        choose(page, "maps", step=step)
        sam, cam = spikes[:step].sum(0), run.arrays["cam"][8].astype(float)
        assert np.array_equal(image_of(page, "sam"), sam.ravel())
        less = (min_max(torch.tensor(sam), (0, 1)) - min_max(torch.tensor(cam), (0, 1))).ravel().numpy()
        assert np.allclose(image_of(page, "difference"), less, atol=1 / 200)
    likely = np.corrcoef(sam.ravel(), cam.ravel())[0, 1]
    assert f"correlate by {likely:.2f}" in page.inner_text("#explore-maps-says")


def test_runs_are_filtered_and_a_click_leads_to_the_record(page, site, runs):
    opened(page, site, "runs")
    free = dict.fromkeys(("network", "training", "timesteps", "family"), "all")
    choose(page, "runs", **free, dataset="CIFAR-100", cost="hours")
    frame = runs.frame()
    wanted = frame[frame["dataset"] == "cifar100"]
    data = page.evaluate(f"(at) => ({MODEL})(at).renderers[0].data_source.data", ["runs", "chart"])
    assert sorted(data["id"]) == sorted(wanted["id"])
    assert data["x"] == pytest.approx(wanted.set_index("id")["hours"][data["id"]].astype(float).tolist(), abs=1e-4)
    assert f"{len(wanted)} of {len(frame)} runs" in page.inner_text("#explore-runs-says")
    best = wanted.loc[wanted["accuracy"].idxmax(), "id"]
    assert best in page.get_attribute("#explore-runs-list a", "href")

    choose(page, "runs", family="SAMD")
    left, *_ = page.evaluate(f"(at) => ({MODEL})(at).renderers[0].data_source.data.id", ["runs", "chart"])
    page.wait_for_function("Bokeh.documents[0].is_idle")
    box = page.locator("#explore-runs .explore-chart canvas").first.bounding_box()
    where = page.evaluate(
        """([name, key]) => {
          const view = Bokeh.index.find_one_by_id(Bokeh.documents[0].get_model_by_name(`${name}-${key}`).id);
          const glyph = [...view.renderer_views.values()].find((v) => v.model.glyph).glyph;
          return [glyph.sx[0], glyph.sy[0]];
        }""",
        ["runs", "chart"],
    )
    page.mouse.click(box["x"] + where[0], box["y"] + where[1])
    page.wait_for_url(f"**/records/{left}.html", wait_until="commit")


def test_points_of_runs_keep_their_place_and_the_legend_names_those_that_are_there(page, site, runs):
    opened(page, site, "runs")
    chart, placed = ["runs", "chart"], f"(at) => {{ const c = ({MODEL})(at); return [c.x_range, c.y_range].map("
    ends = f"{placed}(r) => [r.start, r.end]); }}"
    frame = runs.frame()
    own = frame[(frame["dataset"] == "cifar10") & (frame["model"] == "resnet8")]
    before = page.evaluate(ends, chart)
    for choice in ({"timesteps": "1"}, {"timesteps": "6"}, {"timesteps": "all", "family": "AT"}, {"training": "all"}):
        choose(page, "runs", **choice)
        assert page.evaluate(ends, chart) == before
        there = page.evaluate(f"(at) => [...new Set(({MODEL})(at).renderers[0].data_source.data.family)]", chart)
        assert sorted(page.locator("#explore-runs .explore-legend li:visible").all_inner_texts()) == sorted(there)
    (left, right), (low, high) = before
    rate = own["firing_rate"].dropna()
    assert left <= rate.min() < rate.max() < right < 1.1 * rate.max()
    assert low < own["accuracy"].min() < own["accuracy"].max() < high
    choose(page, "runs", dataset="CIFAR-100")
    assert page.evaluate(ends, chart) != before


def test_nothing_is_wider_than_a_telephone(on_telephone):
    wider = (
        "[...document.querySelectorAll('body *')].filter((e) => e.getBoundingClientRect().right > innerWidth).length"
    )
    assert on_telephone.evaluate("document.documentElement.scrollWidth") <= 390 and on_telephone.evaluate(wider) == 0


@pytest.mark.parametrize(
    ("name", "what"), [("maps", "noscript img"), ("samd", "noscript table"), ("runs", "noscript table")]
)
def test_without_scripts_there_are_numbers_and_no_empty_controls(browser, site, name, what):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((site / "book" / f"{PAGES[name]}.html").as_uri())
    assert page.locator(what).first.is_visible() and not page.locator(".explore").first.is_visible()
    link = page.locator("noscript a[download]").first.get_attribute("href")
    context.close()
    with (site / "book" / link).open(newline="") as file:
        assert len([*csv.reader(file)]) > 10
