"""Legends: what they say, and which figures and tables are refused."""

import base64
import json
import re

import nbformat
import pytest

from book.provenance import Figure, annotate, annotate_page, document, find_records, legend, with_data
from ckdsnn.errors import CkdsnnError
from tests.bench_example import EXAMPLE
from tests.book.conftest import RECORD, figure_metadata, notebook

NAME = "notebooks/02_maps.ipynb"
RECORDS = {"ckdsnn": {"records": ["a"]}}
FIG_A = figure_metadata("fig-a")
PNG = {"image/png": base64.b64encode(b"picture").decode(), "text/csv": "x\n1\n"}
OTHER = {"commit": "fedcba9876", "dirty": True}


def save(root, name, folder="results", **changes):
    """A record of a run, or, named "bench-...", of a measurement of speed."""
    kind, made = ("bench", EXAMPLE | {"code": RECORD["code"]}) if name.startswith("bench") else ("runs", RECORD)
    if "device" in changes:
        changes = {"env": EXAMPLE["env"] | changes}
    file = root / folder / kind / f"{name}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(made | {"id": name} | changes))


@pytest.fixture
def records(tmp_path):
    save(tmp_path, "a")
    save(tmp_path, "b", seed=1)
    save(tmp_path, "c", recipe={"name": "digits-kd"}, code=OTHER)
    save(tmp_path, "d", tier="paper", code={"commit": None, "dirty": None})
    save(tmp_path, "bench-a", device="cpu: a <fast> one", threads=2)
    return find_records(tmp_path)


def shown(data, metadata, cell_metadata):
    """A notebook with one code cell that shows one output."""
    nb = notebook(("pass", cell_metadata))
    nb.cells[0].outputs = [nbformat.v4.new_output("display_data", data=data, metadata=metadata)]
    return nb


def test_a_figures_legend_is_the_second_paragraph_of_its_caption_and_leads_to_files(records):
    nb = shown(PNG, RECORDS, FIG_A)
    figures, data = annotate(nb, NAME, records)
    line, text = nb.cells[0].metadata.mystnb.figure.caption.split("\n\n")
    assert line == "A line." and text.startswith(legend(NAME, RECORDS["ckdsnn"], records).removesuffix("</div>"))
    assert re.findall(r'_static/((?:data|figures)/.*?)" download', text) == ["data/fig-a.csv", "figures/fig-a.png"]
    assert figures == [Figure("fig-a", ".png", b"picture", text, PNG["text/csv"], ("a",))] and data == {
        "fig-a": PNG["text/csv"]
    }
    assert [*nb.cells[0].outputs[0].data] == ["image/png"], "the numbers are a file, not an output"
    assert 'data/x.csv"' in with_data("", "x"), "also without a legend"


@pytest.mark.parametrize(
    ("ids", "parts"),
    [
        ("a", ["n = 1 per", "<code>0123456</code>", "tier-badge", ">a</a>"]),
        ("ab", ["n = 2 per"]),
        ("abc", ["n = 1 to 2 per", "<code>fedcba9+</code>"]),  # two recipes; uncommitted changes are marked
        ("aa", ["n = 1 per"]),
        ("d", ["tier paper", "<code>unknown</code>"]),  # no badge; run outside a checkout
    ],
)
def test_a_legend_tells_tier_seeds_of_each_recipe_and_code(records, ids, parts):
    text = legend(NAME, {"records": list(ids)}, records)
    assert all(part in text for part in parts) and ("tier-badge" in text) == (ids != "d")


def test_many_records_are_folded(records, tmp_path):
    for seed in range(2, 5):
        save(tmp_path, f"a{seed}", seed=seed)
    text = legend(NAME, {"records": ["a", "b", "a2", "a3", "a4"]}, find_records(tmp_path))
    assert "<summary>5 records</summary>" in text and "n = 5 per recipe" in text


@pytest.mark.parametrize("name", ["a", "bench-a"])
def test_what_a_notebook_has_just_made_goes_before_a_committed_record(records, tmp_path, name):
    save(tmp_path, name, folder="_build/out/02_maps", code=OTHER)
    save(tmp_path, name, folder="_build/out/01_train", code={"commit": "aaaaaaaaaa", "dirty": False})
    text = legend(NAME, {"records": [name]}, find_records(tmp_path))
    assert "fedcba9" in text and f"records/02_maps/{name}." in text


def test_measurements_have_machines_each_named_once_and_neither_tier_nor_seeds(records, tmp_path):
    for name, device, threads in (("bench-b", "cuda: x", 1), ("bench-c", "cpu: y", 2), ("bench-d", "cuda: x", 1)):
        save(tmp_path, name, device=device, threads=threads)
    text = legend(NAME, {"records": [f"bench-{nth}" for nth in "abcd"]}, find_records(tmp_path))
    machines = "cpu: a &lt;fast&gt; one, 2 threads; cpu: y, 2 threads; cuda: x, 1 thread"
    assert f">{NAME.removesuffix('.ipynb')}</a> · measured on {machines} · code <code>0123456</code><" in text
    assert "tier" not in text and "n = " not in text


def test_source_stands_for_a_figure_without_runs(records):
    text = legend(NAME, {"records": [], "source": "drawn <by hand>"}, records)
    assert "drawn &lt;by hand&gt;" in text and "tier" not in text


@pytest.mark.parametrize(
    ("stated", "what"),
    [
        ({"ckdsnn": {"records": ["a", "nope"]}}, "names unknown records: nope; there are: a, b, c, d, bench-a"),
        ({"ckdsnn": {"records": ["a", "d"]}}, "mixes the tiers paper, smoke"),
        ({"ckdsnn": {"records": ["a", "bench-a"]}}, "mixes runs and measurements of speed"),
        *[(nothing, "names no record") for nothing in ({}, {"ckdsnn": {}}, {"ckdsnn": {"records": []}})],
    ],
)
def test_a_figure_that_cannot_be_traced_is_refused_by_its_name(records, stated, what):
    with pytest.raises(CkdsnnError, match=rf"{NAME}, .*fig-a: {what}"):
        annotate(shown(PNG, stated, FIG_A), NAME, records)


@pytest.mark.parametrize(("part", "key", "what"), [("image", "alt", "no text"), ("figure", "caption", "no caption")])
def test_figure_without_alt_text_or_caption_is_refused(records, part, key, what):
    metadata = figure_metadata("fig-a")
    del metadata["mystnb"][part][key]
    with pytest.raises(CkdsnnError, match=rf"fig-a: has {what}"):
        annotate(shown(PNG, RECORDS, metadata), NAME, records)


def test_a_cell_shows_one_image_and_that_has_a_name(records):
    with pytest.raises(CkdsnnError, match="cell 0: shows an image without a name"):
        annotate(shown(PNG, RECORDS, {}), NAME, records)
    for count in (0, 2):
        nb = shown(PNG, RECORDS, FIG_A)
        nb.cells[0].outputs *= count
        with pytest.raises(CkdsnnError, match=f"exactly one image in its cell, not {count}"):
            annotate(nb, NAME, records)


@pytest.mark.parametrize("directive", ["```{table} T", ":::{table} T", "````{list-table} T"])
def test_table_gets_its_legend_and_its_numbers_and_is_refused_without_records(records, directive):
    table = {"text/html": "<table>", "text/markdown": f"{directive}\n:name: tab", "text/csv": "x\n1\n"}
    nb = shown(table, RECORDS, {})
    assert annotate(nb, NAME, records) == ([], {"tab": "x\n1\n"})
    (output,) = nb.cells[0].outputs
    assert [*output.data] == ["text/markdown"] and 'href="../_static/data/tab.csv"' in output.data["text/markdown"]
    assert output.data["text/markdown"].startswith(f'{directive}\n:name: tab\n\n<div class="provenance">')
    with pytest.raises(CkdsnnError, match="names no record"):
        annotate(shown(table, {}, {}), NAME, records)


def test_other_markdown_is_left_alone(records):
    nb = shown({"text/markdown": "The **mean** is 3."}, {}, {})
    annotate(nb, NAME, records)
    assert nb.cells[0].outputs[0].data["text/markdown"] == "The **mean** is 3."


@pytest.mark.parametrize("fence", ["```", ":::", "````"])
def test_figure_shown_again_on_a_page_keeps_its_legend_and_an_unknown_one_is_refused(fence):
    page = f"Before.\n\n{fence}{{figure}} figures/fig-a.png\n:alt: x\n\nCaption.\n{fence}\n\nAfter.\n"
    figures = {"fig-a": Figure("fig-a", ".png", b"", "<div>legend</div>")}
    told = annotate_page(page, "index.md", figures)
    assert told == page.replace(f"Caption.\n{fence}", f"Caption.\n\n<div>legend</div>\n{fence}")
    with pytest.raises(CkdsnnError, match=r"index\.md: unknown figure 'fig-b'; there are: fig-a"):
        annotate_page(page.replace("fig-a", "fig-b"), "index.md", figures)


def test_a_record_that_every_build_makes_anew_is_offered_without_its_times(tmp_path):
    def offered(folder, seconds):
        save(tmp_path, "a", folder, seconds=seconds, started=f"{seconds}", curve=[{"epoch": 1, "seconds": seconds}])
        records = find_records(tmp_path)
        return document([*records][-1], records)

    first, again = (offered("_build/out/00_quickstart", seconds) for seconds in (1.0, 2.0))
    assert first == again and json.loads(first)["curve"] == [{"epoch": 1}] and json.loads(first)["id"] == "a"
    (tmp_path / "_build/out/00_quickstart/runs/a.json").unlink()
    assert json.loads(offered("results", 3.0))["seconds"] == 3.0, "what is committed is offered as it is"
