"""Records and studies as tidy data: the rows are the records, value by value; a whole folder keeps its types."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ckdsnn.cli import main
from ckdsnn.errors import CkdsnnError
from ckdsnn.recipe.named import places_by_digest
from ckdsnn.records import load_records
from ckdsnn.records.frame import COST, TYPES, Records, export, study_frame
from ckdsnn.records.study import STUDIES

RESULTS = Path(__file__).parents[2] / "results"


@pytest.fixture(scope="module")
def records():
    return load_records(RESULTS)


@pytest.fixture(scope="module")
def frame(records):
    return records.frame()


def test_a_row_holds_what_its_record_holds(records, frame):
    assert frame.id.tolist() == [record.id for record in records]
    for record, (_, row) in zip(records, frame.iterrows(), strict=True):
        assert (row.accuracy, row.seed, row.tier) == (record.accuracy, record.seed, record.tier)
        assert row.accuracy_low <= row.accuracy <= row.accuracy_high
        assert pd.isna(row["T"]) == pd.isna(row.firing_rate) == pd.isna(row.last_firing_rate) == (row.role == "teacher")
        assert row.hours == pytest.approx(record.seconds / 3600) and row.devices == record.devices
        assert pd.isna(row.validation_accuracy) == (not row.validation_images)
        for start, costs in (("", record.costs["strict"]), ("folded_", record.costs["folded"])):
            for name in COST:
                assert row[start + name] == costs[name] if costs else pd.isna(row[start + name])


def test_settings_and_methods_are_those_of_the_named_recipes(frame):
    for _, row in frame.iterrows():
        place = places_by_digest().get(row.id[-8:])
        assert place is None or (row.setting, row.method) == place
    assert (frame.setting != "").mean() > 0.95 and (frame[frame.role == "teacher"].label == "Teacher (ANN)").all()


def test_columns_have_types_also_without_a_run(frame):
    for own in (frame, Records().frame()):
        assert own.dtypes.astype(str).to_dict() == TYPES


def test_curves_are_long(records):
    curves = Records(records[:5]).curves()
    for record in records[:5]:
        own = curves[curves.id == record.id].pivot(index="epoch", columns="quantity", values="value")
        for quantity in ("test_accuracy", "ce"):
            assert own[quantity].tolist() == [point[quantity] for point in record.curve]


def test_layers_are_counted_from_the_first_and_the_last_ones_rate_stands_in_the_runs_row(records, frame):
    layers = records.layers()
    found = {name: own.sort_values("layer") for name, own in layers.groupby("id")}
    for record, last in zip(records, frame.last_firing_rate, strict=True):
        rates = list(record.final["firing_rate"].values())
        assert (record.id in found) == bool(rates)
        if rates:
            assert found[record.id].firing_rate.tolist() == pytest.approx([100 * rate for rate in rates])
            assert found[record.id].layer.tolist() == [*range(1, len(rates) + 1)]
            assert last == pytest.approx(100 * rates[-1])


@pytest.mark.parametrize("kind", ["landscape", "gradients", "distributions"])
def test_a_study_has_a_row_a_number_at_its_place(kind):
    studies = STUDIES.find_all(f"{kind}-*", RESULTS)[:3]
    frame = study_frame(studies)
    assert len(frame) == sum(np.size(value) for study in studies for value in study.values.values())
    for study in studies:
        own = frame[frame.id == study.id]
        assert {*own.kind} == {kind} and {*own.seed} == {study.seed} and {*own.quantity} == study.values.keys()
        for row in own.itertuples():
            value = study.values[row.quantity]
            for place in (row.i, row.j):
                value = value if pd.isna(place) else value[place]
            assert row.value == value or (value is None and np.isnan(row.value))


def test_no_record_is_an_empty_frame():
    assert not any(map(len, (Records().frame(), Records().curves(), Records().layers(), study_frame([]))))


def test_the_command_writes_what_a_table_program_reads(records, frame, tmp_path, capsys):
    assert main(["export", str(tmp_path / "runs.csv"), "--out", str(RESULTS)]) == 0
    read = pd.read_csv(tmp_path / "runs.csv")
    assert read.id.tolist() == frame.id.tolist() and read.accuracy.tolist() == frame.accuracy.tolist()
    assert f"{len(records)} runs" in capsys.readouterr().out


def test_an_unknown_kind_of_file_is_refused(records, tmp_path):
    with pytest.raises(CkdsnnError, match=r"unknown kind of file '.xls'; choose one of: .csv, .parquet"):
        export(records, tmp_path / "runs.xls")
    assert not list(tmp_path.iterdir())
