"""The landing page's facts are sums over the records; its maps are those of the arrays."""

import numpy as np
from bs4 import BeautifulSoup

from ckdsnn.records import load_records
from ckdsnn.records.frame import Records
from ckdsnn.report.pages.landing import SHOWN, facts, looks


def test_facts_count_the_records():
    records = load_records("results")
    soup = BeautifulSoup(facts(records.frame(), 7, 5, "75 h"), "html.parser")
    found = {item.dt.get_text(): item.dd.get_text() for item in soup.find_all("div")}
    assert found["runs"] == f"{len(records):,}" and list(found.values())[1:3] == ["7", "5"]
    newest = max(records, key=lambda record: record.started)
    assert (found["newest run"], found["its commit"]) == (newest.started[:10], newest.code["commit"][:7])
    assert found["of computing"] == "75 h"
    for device in {record.env["device"] for record in records}:
        n = sum(record.env["device"] == device for record in records)
        assert f"{device.split(': ')[1]} ({n})" in found["trained on"]


def test_no_runs_are_no_facts():
    assert facts(Records().frame(), 0, 0, "") == ""


def test_the_maps_are_those_of_the_first_pictures():
    rng = np.random.default_rng(0)
    seen = {
        "images": rng.integers(0, 255, (9, 8, 8, 3), dtype=np.uint8),
        "labels": np.arange(9),
        "cam": rng.random((9, 2, 2)),
    }
    students = {method: {"sam": rng.integers(0, 9, (9, 2, 2))} for method in ("snn", "ckdsnn")}
    data = looks(seen, students, [*map(str, range(9))]).data
    shown = np.concatenate(
        [seen["cam"][:SHOWN].ravel(), *(arrays["sam"][:SHOWN].ravel() for arrays in students.values())]
    )
    assert data["value"].tolist() == shown.tolist()
