"""The page of a run: its numbers are those of the record, its drawing and its strips show them."""

import base64
import io
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from bs4 import BeautifulSoup
from PIL import Image

from ckdsnn.data import DATASETS
from ckdsnn.recipe import Recipe
from ckdsnn.records import load_arrays
from ckdsnn.report.pages.curve import BELOW, SIZE, apart, drawing
from ckdsnn.report.pages.record import PICTURES, TERMS, Around, page


def read(record, arrays=()):
    """A record's page as a reader has it."""
    around = Around("ckdsnn train it", dict(arrays), DATASETS["digits"].classes, "it.json", seeds=[("other.html", "7")])
    return BeautifulSoup(page(record, around), "html.parser")


def rows(found, section):
    """The cells of the tables below a heading, a list a row."""
    head = next(head for head in found.find_all("h2") if head.text == section)
    return [[cell.text.strip() for cell in row.find_all(["td", "th"])] for row in head.parent.find_all("tr")]


def test_results_and_rates_are_those_of_the_record(record):
    found = read(record)
    facts = dict(rows(found, "Result"))
    last = record.final["last_accuracy"]
    assert facts["Test accuracy, last epoch, with the 95 % interval"].startswith(
        f"{last['value']:.2f} [{last['low']:.2f},"
    )
    strict, folded = record.final["energy"], record.final["energy"]["folded"]
    texts = [
        f"{name} count: {cost['compute_nj'] / 1e3:.2f} µJ" for name, cost in (("strict", strict), ("folded", folded))
    ]
    assert facts["Energy for an image, arithmetic"] == "; ".join(texts) and texts[0][8:] != texts[1][8:]
    layers = record.final["firing_rate"]
    assert [row[1:] for row in rows(found, "Firing rate of each layer")[1:]] == [
        [name, f"{100 * rate:.1f}"] for name, rate in layers.items()
    ]
    assert float(facts["Firing rate, mean of the layers"].split()[0]) == pytest.approx(
        100 * np.mean(list(layers.values())), abs=0.05
    )


def test_an_older_record_has_a_dash_for_the_folded_count(record):
    energy = {name: value for name, value in record.final["energy"].items() if name not in ("folded", "convention")}
    facts = dict(rows(read(replace(record, final=record.final | {"energy": energy})), "Result"))
    assert (
        facts["Operations for an image"]
        == f"strict count: {energy['mac']:,.0f} MAC, {energy['ac']:,.0f} AC; folded count: –"
    )


def test_the_first_place_of_a_term_leads_to_the_glossary(record):
    around = Around("c", {}, (), "it.json", glossary="../glossary.html")
    links = BeautifulSoup(page(record, around), "html.parser").select("a[href*=glossary]")
    assert {link.text: link["href"].split("#")[1] for link in links} == {
        "T": "term-Time-steps",
        "Best epoch": "term-Last-epoch-best-epoch",
        "Firing rate": "term-Firing-rate",
        "MAC": "term-MAC-AC",
    }
    text = (Path(__file__).parents[3] / "book" / "glossary.md").read_text()
    assert {*TERMS.values()} <= {*text.split("\n")}, "each is a term of the glossary"
    assert not BeautifulSoup(page(record, replace(around, glossary="")), "html.parser").select("a[href*=glossary]")


def test_the_drawing_shows_each_epoch_at_its_height():
    """Read off between the two ticks at the ends of its axis."""
    points = [{"epoch": n, "test_accuracy": value} for n, value in ((1, 12.0), (2, 37.0), (3, 25.0))]
    svg = BeautifulSoup(drawing(points), "html.parser").svg
    ticks = {float(tick.text): float(tick["y"]) for tick in svg.find_all("text", class_=False)}
    (low, bottom), (high, top) = min(ticks.items()), max(ticks.items())
    heights = [float(pair.split(",")[1]) for pair in svg.polyline["points"].split()]
    values = [low + (high - low) * (bottom - height) / (bottom - top) for height in heights]
    assert values == pytest.approx([12.0, 37.0, 25.0], abs=0.05) and bottom <= SIZE[1] - BELOW
    assert "12.00 % after epoch 1 to 25.00 %" in svg["aria-label"]


def test_labels_of_lines_that_end_together_do_not_cover_each_other():
    heights = apart({"train": 50.0, "test": 52.0, "other": 90.0})
    assert heights == {"train": 50.0, "test": 64.0, "other": 90.0} and list(heights) == ["train", "test", "other"]


def test_every_epoch_and_every_field_is_there_and_what_differs_comes_first(record):
    found = read(record)
    epochs = rows(found, "Training")
    assert len(epochs) == 1 + len(record.curve) and {"epoch", "ce", "samd", "nld"} <= {*epochs[0]}
    differing = {name: (here, default) for name, here, default in rows(found, "Recipe")[1:]}
    assert differing["epochs"] == (str(record.recipe["epochs"]), str(Recipe.epochs)) and "gamma" not in differing
    fields = next(block for block in found.find_all("pre") if "gamma" in block.text).text
    assert f"gamma: {record.recipe['gamma']}\n" in fields and fields.count("\n") + 1 == len(record.recipe)


def test_without_times_a_run_made_anew_has_the_same_page(record):
    curve = [point | {"seconds": 9.0, "test_seconds": 9.0} for point in record.curve]
    again = replace(record, started="2001-01-01T00:00:00Z", seconds=9.0, images_per_second=9.0, curve=curve)
    around = Around("ckdsnn train it", {}, DATASETS["digits"].classes, "it.json")
    assert page(again, around) != page(record, around)
    bare = replace(around, timed=False)
    assert page(again, bare) == page(record, bare)
    other = replace(record, curve=[point | {"ce": 9.0} for point in record.curve])
    assert page(other, bare) != page(record, bare)


def test_maps_are_shown_where_they_are_on_record_and_an_ann_has_no_rates(record, results):
    found = read(record, load_arrays(record, results))
    strips = {term.text: term.find_next("img") for term in found.find_all("dt")}
    assert [*strips] == ["Picture", "Teacher: CAM", "Student: SAM", "Student: Grad-CAM"]
    picture = Image.open(io.BytesIO(base64.b64decode(strips["Picture"]["src"].split(",")[1]))).convert("RGB")
    wanted = np.concatenate(list(load_arrays(record, results)["images"][:PICTURES]), 1)
    assert np.abs(np.asarray(picture, float) - wanted).mean() < 6  # 64 colours are enough
    bare = read(replace(record, final=record.final | {"firing_rate": {}}))
    assert not re.search("Maps|Firing rate of", " ".join(head.text for head in bare.find_all("h2")))
