"""The landing page: its answer says what the comparisons say; its table is computed and traced to its records."""

import numpy as np
import pytest
from scipy import stats

from ckdsnn.report.claims.headline import FEW, OPENINGS, answer, behind_forest, forest, headline
from ckdsnn.report.claims.verdicts import Evidence
from tests.report.examples import readable, runs_of

PLAIN, NLD = [50.0, 51.0, 52.5], [55.0, 56.1, 57.0]


def points(method, baseline):
    """The mean difference and its interval, by scipy."""
    low, high = stats.ttest_rel(method, baseline).confidence_interval()
    return f"{np.mean(method) - np.mean(baseline):+.2f} [{low:+.2f}, {high:+.2f}]"


def names(table, _, ids):
    """The table, and below it a list of the records."""
    return f"{table.markdown()}\n{' '.join(ids)}"


@pytest.mark.parametrize(
    ("ckdsnn", "sign"), [([57.0, 58.2, 59.0], 1), ([53.0, 54.0, 55.0], -1), ([55.5, 55.0, 57.5], 0)]
)
def test_the_answer_says_what_the_comparisons_say(record, ckdsnn, sign):
    said = readable(answer(Evidence(lambda _: runs_of(record, {"snn": PLAIN, "nld": NLD, "ckdsnn": ckdsnn}))))
    assert said.startswith(OPENINGS[sign])
    assert said.index(points(NLD, PLAIN)) < said.index("*where it looks*") < said.index(points(ckdsnn, NLD))


@pytest.mark.parametrize("found", [{}, {"snn": PLAIN, "nld": NLD}, {"snn": PLAIN, "nld": NLD, "ckdsnn": [57.0]}])
def test_too_few_runs_are_no_answer(record, found):
    assert answer(Evidence(lambda _: runs_of(record, found))) == FEW


def test_every_comparison_on_record_has_its_row_and_names_its_runs(record):
    runs = runs_of(record, {"snn": PLAIN, "nld": NLD, "ckdsnn": [56.0], "kdsnn": [55.0]})
    lines = readable(headline(Evidence(lambda _: runs), names)).splitlines()
    assert [line for line in lines if line.startswith(("| NLD, to", "| SAMD, to NLD:"))] == [
        f"| NLD, to the plain SNN | {points(NLD, PLAIN)} | 3 |",
        "| SAMD, to NLD: both together are CKDSNN | +1.00 | 1 |",
    ]
    assert lines[-1].split() == sorted(runs.loc[runs["method"] != "kdsnn", "id"])


def test_a_suite_gives_its_own_rows_and_nothing_is_said_without_records(record):
    few = {"nld-t4": [56.0, 57.1, 56.4], "ckdsnn-beta30-t4": [57.0, 58.0, 57.5]}
    told = headline(Evidence(lambda suite: runs_of(record, few if suite == "conditions" else {})), names)
    assert (
        f"at T = 4: one of [the conditions tried](../notebooks/19_conditions.ipynb) | {points(*[*few.values()][::-1])}"
        in (readable(told))
    )
    assert headline(Evidence(lambda _: runs_of(record, {})), names) == ""


def test_the_figure_draws_what_each_row_adds_pair_by_pair_and_names_its_runs(record):
    runs = runs_of(record, {"snn": PLAIN, "nld": NLD, "ckdsnn": [56.0, 56.5, 58.1], "kdsnn": [55.0]})
    evidence = Evidence(lambda suite: runs if suite == "components" else runs.iloc[:0])
    data = forest(evidence).data.set_index(["method", "baseline", "seed"])["points"]
    expected = {("nld", "snn", i): NLD[i] - PLAIN[i] for i in range(3)}
    expected |= {("ckdsnn", "nld", i): value - NLD[i] for i, value in enumerate([56.0, 56.5, 58.1])}
    assert data.to_dict() == pytest.approx(expected)
    assert behind_forest(evidence) == {*runs.loc[runs["method"] != "kdsnn", "id"]}
