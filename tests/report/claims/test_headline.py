"""The landing page's table: computed, traced to its records, and silent about what has none."""

from ckdsnn.report.claims.headline import headline
from ckdsnn.report.claims.verdicts import Evidence
from ckdsnn.report.suites.tables import in_points
from ckdsnn.report.suites.within import within
from tests.report.examples import cells_of, readable

FOUND = {"snn": [50.0, 51.0, 52.5], "nld": [55.0, 56.1, 57.0], "ckdsnn": [56.0], "kdsnn": [55.0]}


def names(_, records):
    """A legend that lists the records."""
    return " ".join(record.id for record in records)


def test_every_comparison_on_record_has_its_row_and_names_its_runs(record):
    evidence = Evidence(lambda suite: cells_of(record, FOUND))
    lines = readable(headline(evidence, names)).splitlines()
    lifts, beside = (line for line in lines if line.startswith(("| NLD", "| SAMD")))
    assert lifts.startswith("| NLD, to the plain SNN | +4.87 [") and lifts.endswith("] | 3 |")
    assert beside.startswith("| SAMD, to NLD") and beside.endswith("| +1.00 | 1 |")
    compared = [run.id for method in ("snn", "nld", "ckdsnn") for run in cells_of(record, FOUND)[method]]
    assert lines[-1] == " ".join(sorted(compared))


def test_a_condition_is_told_as_on_its_page(record):
    cells = cells_of(record, {"nld-t4": [56.0, 57.1, 56.4], "ckdsnn-beta30-t4": [57.0, 58.0, 57.5]})
    (found,) = within(cells, [("ckdsnn-beta30", "nld")])
    told = headline(Evidence(lambda suite: cells if suite == "conditions" else {}), names)
    assert f"| {in_points(found)} | 3 |" in told and "at T = 4" in told


def test_without_records_nothing_is_said():
    assert headline(Evidence(lambda _: {}), names) == ""
