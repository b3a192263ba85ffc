"""Records as tidy data: the rows are the records, value by value, and a whole folder keeps its types."""

from pathlib import Path

import pandas as pd
import pytest

from ckdsnn.cli import main
from ckdsnn.errors import CkdsnnError
from ckdsnn.recipe.named import PLACE_OF_DIGEST
from ckdsnn.records import load_records
from ckdsnn.records.frame import CATEGORIES, MEASURED, Records, export

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
        assert pd.isna(row["T"]) == pd.isna(row.firing_rate) == (row.role == "teacher")
        assert row.hours == pytest.approx(record.seconds / 3600) and row.devices == record.devices
        assert pd.isna(row.validation_accuracy) == (not row.validation_images)


def test_settings_and_methods_are_those_of_the_named_recipes(frame):
    for _, row in frame.iterrows():
        place = PLACE_OF_DIGEST.get(row.id[-8:])
        assert place is None or (row.setting, row.method) == place
    assert (frame.setting != "").mean() > 0.95 and (frame[frame.role == "teacher"].label == "Teacher (ANN)").all()


def test_columns_have_types(frame):
    assert all(frame[name].dtype == "category" for name in CATEGORIES)
    assert all(frame[name].dtype == "Float64" for name in MEASURED)
    assert frame["T"].dtype == frame.seed.dtype == "Int64"


def test_a_mean_of_a_group_is_that_of_its_records(records, frame):
    chosen = [r.accuracy for r in records if r.recipe["name"] == "cifar10-16k-snn"]
    group = frame[(frame.setting == "cifar10-16k") & (frame.method == "snn")]
    assert group.accuracy.mean() == pytest.approx(sum(chosen) / len(chosen))


def test_curves_are_long(records):
    curves = Records(records[:5]).curves()
    for record in records[:5]:
        own = curves[curves.id == record.id].pivot(index="epoch", columns="quantity", values="value")
        assert own.test_accuracy.tolist() == [point["test_accuracy"] for point in record.curve]
        assert own.ce.tolist() == [point["ce"] for point in record.curve]


def test_no_record_is_an_empty_frame():
    assert len(Records().frame()) == len(Records().curves()) == 0


def test_the_command_writes_what_a_table_program_reads(records, frame, tmp_path, capsys):
    assert main(["export", str(tmp_path / "runs.csv"), "--out", str(RESULTS)]) == 0
    read = pd.read_csv(tmp_path / "runs.csv")
    assert read.id.tolist() == frame.id.tolist() and read.accuracy.tolist() == frame.accuracy.tolist()
    assert f"{len(records)} runs" in capsys.readouterr().out


def test_an_unknown_kind_of_file_is_refused(records, tmp_path):
    with pytest.raises(CkdsnnError, match=r"unknown kind of file '.xls'; choose one of: .csv, .parquet"):
        export(records, tmp_path / "runs.xls")
    assert not list(tmp_path.iterdir())
