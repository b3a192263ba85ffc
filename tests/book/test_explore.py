"""The explorers: equal in every build, light, without another host; what they embed is what is on record."""

import base64
import json
import re
from pathlib import Path

import numpy as np
import pytest

from book.explore.data import has_arrays, shown_runs
from book.explore.embed import IDENTITY, LIBRARY
from book.explore.explorers import EXPLORERS
from book.explore.maps import file_of, packed, steps_of
from book.parts import Generator
from ckdsnn.errors import CkdsnnError
from ckdsnn.recipe import Recipe
from ckdsnn.records import load_arrays, load_records
from ckdsnn.report.limits import NAMES

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "results"
MEGABYTE = 10**6


@pytest.fixture(scope="module")
def runs():
    return load_records(RESULTS)


@pytest.fixture(scope="module")
def shown(runs):
    return shown_runs(runs, RESULTS)


def content(explorer, dataset):
    """The data of a data set's script."""
    script = explorer.files[file_of(dataset)].decode()
    return json.loads(script.partition("] = ")[2].rstrip(";\n"))


def unpacked(found, shape):
    values = np.frombuffer(base64.b64decode(found["bytes"]), f"<u{found['size']}").reshape(len(found["units"]), -1)
    return (values * np.array(found["units"])[:, None]).reshape(shape)


@pytest.mark.parametrize("name", ["samd", "runs"])
def test_two_builds_are_equal_though_bokeh_counts_and_draws_its_ids(explorers, runs, name):
    again = EXPLORERS[name](runs, RESULTS)
    assert again == explorers[name]
    assert not IDENTITY.search(again.html) and f'id="{name}-' in again.html


def test_a_page_with_its_data_stays_below_a_megabyte_beside_the_library(explorers):
    heaviest = max(len(script) for name, script in explorers["maps"].files.items() if name.endswith(".js"))
    assert len(explorers["maps"].html) + heaviest < MEGABYTE
    assert len(explorers["samd"].html) + len(explorers["nld"].html) < MEGABYTE > len(explorers["runs"].html)


def test_pages_load_what_lies_beside_them_and_nothing_else():
    made = Generator(ROOT, {})
    loaded = re.findall(r'(?:src|href)="([^"]+)"', made.fill("<!-- generated: explore-library -->"))
    assert loaded == ["../_static/explore.css", *(f"../_static/{name}" for name in made.files)]
    assert [Path(name).name for name in made.files] == [*LIBRARY] and (ROOT / "book/_static/explore.css").is_file()


def test_every_data_set_shows_all_pictures_of_its_gallery(explorers, runs, shown):
    assert {cell.dataset for cell in shown} == {run.data["name"] for run in runs}
    for dataset in {cell.dataset for cell in shown}:
        found = content(explorers["maps"], dataset)
        with np.load(RESULTS / "arrays" / f"{dataset}.gallery.npz") as gallery:
            assert found["labels"] == gallery["labels"].tolist() and len(found["labels"]) == 64
        assert json.dumps(NAMES[dataset]) in explorers["maps"].html


def test_the_maps_of_the_page_are_those_on_record(explorers, shown):
    for cell, run in shown.items():
        found = content(explorers["maps"], cell.dataset)["runs"][run.record.id]
        arrays = load_arrays(run.record, RESULTS)
        sam, highest = unpacked(found["sam"], steps_of(arrays).shape).sum(1), arrays["sam"].max((1, 2), keepdims=True)
        counts = Recipe.of(run.record.recipe).last_activation == "spike"
        assert np.array_equal(sam, arrays["sam"]) if counts else np.all(abs(sam - arrays["sam"]) <= highest / 400)
        assert found["steps"] in (1, cell.timesteps)
        highest = arrays["grad_cam"].max((1, 2), keepdims=True)
        assert np.all(abs(unpacked(found["grad_cam"], arrays["grad_cam"].shape) - arrays["grad_cam"]) <= highest / 400)
        assert found["answers"] == arrays["logits"].argmax(1).tolist()


def test_runs_that_tell_the_steps_of_their_maps_apart_are_preferred(shown):
    events = {cell: run for cell, run in shown.items() if cell.dataset == "nmnist"}
    assert events and all("sam_steps" in run.arrays for run in events.values())


def test_a_plain_student_stands_beside_the_map_of_its_settings_teacher(shown):
    for cell, run in shown.items():
        if cell.method == "snn":
            taught = next(other for other in shown.values() if other.teacher == run.teacher and other.record.teacher)
            assert np.array_equal(run.arrays["cam"], load_arrays(taught.record, RESULTS)["cam"])


@pytest.mark.parametrize("top", [3, 255, 256, 2000, 0.7])
def test_packed_maps_are_exact_counts_or_near(top):
    maps = np.linspace(0, 1, 2 * 9).reshape(2, 3, 3) * top
    maps = maps.round() if top > 1 else maps
    near = abs(unpacked(packed(maps), maps.shape) - maps)
    assert near.max() == 0 if top > 1 else near.max() <= top / 400


def test_every_run_is_a_point_that_leads_to_its_record(explorers, runs):
    rows = explorers["runs"].data["explore-runs"].splitlines()
    assert len(rows) == 1 + len(runs)
    for run in runs:
        assert f'"records/{run.id}.html"' in explorers["runs"].html


def test_without_records_pages_say_so(tmp_path):
    assert [make([], tmp_path).html for make in EXPLORERS.values()] == [
        "No maps are on record yet.",
        "No maps are on record yet.",
        "No maps are on record yet.",
        "No runs are on record yet.",
    ]


def test_a_run_without_its_arrays_is_left_out(runs, tmp_path):
    assert has_arrays(runs[0], RESULTS) and not has_arrays(runs[0], tmp_path)
    assert shown_runs(runs, tmp_path) == {}


def test_an_unknown_explorer_is_refused():
    with pytest.raises(CkdsnnError, match="unknown explorer 'weights'; choose one of: maps, samd, nld, runs"):
        Generator(ROOT, {}).fill("<!-- generated: explore weights -->")
