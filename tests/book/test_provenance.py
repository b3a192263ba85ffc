"""Legends: what they say, and which figures and tables are refused."""

import base64
import json
import re

import nbformat
import pytest

from book.provenance import Figure, annotate, annotate_page, find_records, legend, with_data
from ckdsnn.errors import CkdsnnError
from tests.bench_example import EXAMPLE
from tests.book.conftest import RECORD, figure_metadata, notebook

NAME = "notebooks/02_maps.ipynb"
RECORDS = {"ckdsnn": {"records": ["a"]}}
FIG_A = figure_metadata("fig-a")
PNG = base64.b64encode(b"picture").decode()


def save(root, name, folder="results", **changes):
    runs = root / folder / "runs"
    runs.mkdir(parents=True, exist_ok=True)
    (runs / f"{name}.json").write_text(json.dumps(RECORD | {"id": name} | changes))


def save_measurement(root, name, folder="results", device="cpu: a <fast> one", threads=2):
    """A bench record, "bench-NAME"."""
    changes = {"id": f"bench-{name}", "env": EXAMPLE["env"] | {"device": device, "threads": threads}}
    benches = root / folder / "bench"
    benches.mkdir(parents=True, exist_ok=True)
    (benches / f"bench-{name}.json").write_text(json.dumps(EXAMPLE | {"code": RECORD["code"]} | changes))


@pytest.fixture
def records(tmp_path):
    save(tmp_path, "a")
    save(tmp_path, "b", seed=1)
    save(tmp_path, "c", recipe={"name": "digits-kd"}, code={"commit": "fedcba9876", "dirty": True})
    save(tmp_path, "d", tier="paper")
    return find_records(tmp_path)


def shown(data, metadata, cell_metadata):
    """A notebook with one code cell that shows one output."""
    nb = notebook(("pass", cell_metadata))
    nb.cells[0].outputs = [nbformat.v4.new_output("display_data", data=data, metadata=metadata)]
    return nb


def with_figure(metadata=RECORDS, cell_metadata=FIG_A):
    return shown({"image/png": PNG}, metadata, cell_metadata)


def test_legend_is_the_second_paragraph_of_the_caption(records):
    nb = shown({"image/png": PNG, "text/csv": "x\n1\n"}, RECORDS, FIG_A)
    figures, data = annotate(nb, NAME, records)
    line, text = nb.cells[0].metadata.mystnb.figure.caption.split("\n\n")
    assert line == "A line." and text.startswith(legend(NAME, RECORDS["ckdsnn"], records).removesuffix("</div>"))
    assert re.findall(r'href="../_static/((?:data|figures)/.*?)" download', text) == [
        "data/fig-a.csv",
        "figures/fig-a.png",
    ]
    assert figures == [Figure("fig-a", ".png", b"picture", text, "x\n1\n")] and data == {"fig-a": "x\n1\n"}
    assert [*nb.cells[0].outputs[0].data] == ["image/png"], "the numbers are a file, not an output"


@pytest.mark.parametrize(("ids", "n"), [("a", "n = 1 "), ("ab", "n = 2 "), ("abc", "n = 1 to 2 "), ("aa", "n = 1 ")])
def test_n_counts_the_seeds_of_each_recipe(records, ids, n):
    assert n + "per recipe" in legend(NAME, {"records": list(ids)}, records)


def test_commits_are_short_and_mark_uncommitted_changes(records):
    text = legend(NAME, {"records": ["a", "c"]}, records)
    assert "<code>0123456</code>" in text and "<code>fedcba9+</code>" in text


def test_run_outside_a_checkout_has_an_unknown_commit(tmp_path):
    save(tmp_path, "a", code={"commit": None, "dirty": None})
    assert "<code>unknown</code>" in legend(NAME, {"records": ["a"]}, find_records(tmp_path))


@pytest.mark.parametrize(("name", "badge"), [("a", True), ("d", False)])
def test_only_tiers_below_the_papers_wear_a_badge(records, name, badge):
    assert ("tier-badge" in legend(NAME, {"records": [name]}, records)) is badge


def test_mixed_tiers_are_refused(records):
    with pytest.raises(CkdsnnError, match="mixes the tiers paper, smoke"):
        legend(NAME, {"records": ["a", "d"]}, records)


def test_many_records_are_folded(records, tmp_path):
    for seed in range(2, 5):
        save(tmp_path, f"a{seed}", seed=seed)
    text = legend(NAME, {"records": ["a", "b", "a2", "a3", "a4"]}, find_records(tmp_path))
    assert "<summary>5 records</summary>" in text and "n = 5 per recipe" in text


def test_a_notebooks_own_run_goes_before_a_committed_record(tmp_path):
    save(tmp_path, "a")
    save(tmp_path, "a", folder="_build/out/02_maps", code={"commit": "fedcba9876", "dirty": False})
    save(tmp_path, "a", folder="_build/out/01_train", code={"commit": "aaaaaaaaaa", "dirty": False})
    text = legend(NAME, {"records": ["a"]}, find_records(tmp_path))
    assert "fedcba9" in text and "_static/records/02_maps/a.json" in text


def test_a_measurement_has_a_machine_and_neither_tier_nor_seeds(tmp_path):
    save_measurement(tmp_path, "a")
    text = legend(NAME, {"records": ["bench-a"]}, find_records(tmp_path))
    assert f">{NAME}</a> · measured on cpu: a &lt;fast&gt; one, 2 threads · code <code>0123456</code><div>" in text
    assert 'href="../_static/records/bench-a.json">bench-a</a>' in text
    assert "tier" not in text and "n = " not in text


def test_each_machine_of_several_measurements_is_named_once(tmp_path):
    for name, device, threads in (("a", "cuda: x", 1), ("b", "cpu: y", 2), ("c", "cuda: x", 1)):
        save_measurement(tmp_path, name, device=device, threads=threads)
    text = legend(NAME, {"records": ["bench-a", "bench-b", "bench-c"]}, find_records(tmp_path))
    assert "measured on cpu: y, 2 threads; cuda: x, 1 thread ·" in text and "records <a" in text


def test_a_notebooks_own_measurement_goes_before_a_committed_one(tmp_path):
    save_measurement(tmp_path, "a")
    save_measurement(tmp_path, "a", folder="_build/out/02_maps", device="cpu: own")
    text = legend(NAME, {"records": ["bench-a"]}, find_records(tmp_path))
    assert "cpu: own" in text and "_static/records/02_maps/bench-a.json" in text


def test_runs_and_measurements_are_not_mixed(records, tmp_path):
    save_measurement(tmp_path, "a")
    with pytest.raises(CkdsnnError, match="mixes runs and measurements of speed"):
        legend(NAME, {"records": ["a", "bench-a"]}, find_records(tmp_path))


def test_an_unknown_measurement_is_refused_with_the_known_ones(records, tmp_path):
    save_measurement(tmp_path, "a")
    with pytest.raises(CkdsnnError, match="unknown records: bench-b; there are: a, b, c, d, bench-a"):
        legend(NAME, {"records": ["bench-b"]}, find_records(tmp_path))


def test_source_stands_for_a_figure_without_runs(records):
    text = legend(NAME, {"records": [], "source": "drawn <by hand>"}, records)
    assert "drawn &lt;by hand&gt;" in text and "tier" not in text


def test_unknown_record_is_refused_with_notebook_figure_and_the_known_ones(records):
    metadata = {"ckdsnn": {"records": ["a", "nope"]}}
    message = rf"{NAME}, .*fig-a: names unknown records: nope; there are: a, b, c, d"
    with pytest.raises(CkdsnnError, match=message):
        annotate(with_figure(metadata), NAME, records)


@pytest.mark.parametrize("metadata", [{}, {"ckdsnn": {}}, {"ckdsnn": {"records": []}}])
def test_figure_that_names_no_record_is_refused(records, metadata):
    with pytest.raises(CkdsnnError, match=rf"{NAME}, .*fig-a: names no record"):
        annotate(with_figure(metadata), NAME, records)


@pytest.mark.parametrize(("part", "key", "what"), [("image", "alt", "no text"), ("figure", "caption", "no caption")])
def test_figure_without_alt_text_or_caption_is_refused(records, part, key, what):
    metadata = figure_metadata("fig-a")
    del metadata["mystnb"][part][key]
    with pytest.raises(CkdsnnError, match=rf"fig-a: has {what}"):
        annotate(with_figure(cell_metadata=metadata), NAME, records)


def test_image_without_a_name_is_refused(records):
    with pytest.raises(CkdsnnError, match="cell 0: shows an image without a name"):
        annotate(with_figure(cell_metadata={}), NAME, records)


@pytest.mark.parametrize("count", [0, 2])
def test_figure_cell_shows_exactly_one_image(records, count):
    nb = with_figure()
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


def test_numbers_without_a_legend_have_a_line_of_their_own():
    assert with_data("", "a").count('<div class="provenance">') == 1 and 'data/a.csv"' in with_data("", "a")


def test_other_markdown_is_left_alone(records):
    nb = shown({"text/markdown": "The **mean** is 3."}, {}, {})
    annotate(nb, NAME, records)
    assert nb.cells[0].outputs[0].data["text/markdown"] == "The **mean** is 3."


@pytest.mark.parametrize("fence", ["```", ":::", "````"])
def test_figure_pasted_onto_a_page_keeps_its_legend(fence):
    page = f"Before.\n\n{fence}{{figure}} figures/fig-a.png\n:alt: x\n\nCaption.\n{fence}\n\nAfter.\n"
    text = annotate_page(page, "index.md", {"fig-a": Figure("fig-a", ".png", b"", "<div>legend</div>")})
    assert text == page.replace(f"Caption.\n{fence}", f"Caption.\n\n<div>legend</div>\n{fence}")


def test_unknown_figure_on_a_page_is_refused():
    page = "```{figure} figures/fig-b.png\n```\n"
    with pytest.raises(CkdsnnError, match=r"index\.md: unknown figure 'fig-b'; there are: fig-a"):
        annotate_page(page, "index.md", {"fig-a": Figure("fig-a", ".png", b"", "")})
