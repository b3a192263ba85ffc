"""The landing page's sentences: computed, and silent about what has no record."""

from ckdsnn.report.claims.headline import headline
from ckdsnn.report.claims.verdicts import Evidence
from ckdsnn.report.suites.tables import in_points
from ckdsnn.report.suites.within import within
from tests.report.examples import cells_of, readable

FOUND = {"snn": [50.0, 51.0, 52.5], "nld": [55.0, 56.1, 57.0], "ckdsnn-sample": [56.0]}


def test_every_comparison_on_record_has_its_sentence(record):
    evidence = Evidence(lambda suite: cells_of(record, FOUND))
    lifts, beside = readable(headline(evidence)).splitlines()
    assert lifts.startswith("- What the logits add: NLD against the plain SNN: **+4.87 [")
    assert lifts.endswith("]** points (n = 3).")
    assert beside == "- SAMD beside NLD, both maps from 0 to 1: **+1.00** points (n = 1)."


def test_a_condition_is_told_as_on_its_page(record):
    cells = cells_of(record, {"nld-t4": [56.0, 57.1, 56.4], "ckdsnn-sample-beta10-t4": [57.0, 58.0, 57.5]})
    (found,) = within(cells, [("ckdsnn-sample-beta10", "nld")])
    told = headline(Evidence(lambda suite: cells if suite == "conditions" else {}))
    assert told.startswith("- The same at T = 4, one of [the conditions") and f"**{in_points(found)}** points" in told


def test_without_records_nothing_is_said():
    assert headline(Evidence(lambda _: {})) == ""
