"""What the runs come to, in one table for the landing page: every number is computed."""

from ckdsnn.report.claims.page import Legend
from ckdsnn.report.claims.verdicts import Evidence
from ckdsnn.report.compare import Cells, Comparison, compare, values_of
from ckdsnn.report.labels import split_condition
from ckdsnn.report.suites.tables import in_points
from ckdsnn.report.suites.within import within
from ckdsnn.report.tables import Table

# suite, method, baseline -> what the one adds to the other, in words
ADDED = {
    ("components", "nld", "snn"): "NLD, to the plain SNN",
    ("components", "nld", "kd"): "NLD's noise, to plain logits distillation",
    ("components", "samd-sample", "snn"): "SAMD (0–1), to the plain SNN",
    ("map-losses", "samd-sample-beta10", "snn"): "the same with ten times the weight, the best of four",
    ("components", "ckdsnn-sample", "nld"): "SAMD (0–1), to NLD",
    ("components", "ckdsnn-sample-beta30", "nld"): "the same with thirty times the weight, [the best of all readings]"
    "(../notebooks/06_ranges.ipynb)",
    ("conditions", "ckdsnn-sample-beta30-few", "nld-few"): "the same with thirty times the weight and a quarter of the "
    "images, one of [the conditions tried](../notebooks/19_conditions.ipynb)",
    ("conditions", "ckdsnn-sample-beta30-t4", "nld-t4"): "the same with thirty times the weight at T = 4, another of "
    "them",
    ("conditions", "ckdsnn-sample-beta30-strong", "nld-strong"): "the same with thirty times the weight and a better "
    "teacher, the third",
    ("components", "ckdsnn", "nld"): "SAMD (count), to NLD: the paper's figure",
    ("without-samd", "nld-with-relu", "nld"): "ReLU for the student's last spikes, [as in the released "
    "code](../notebooks/16_released.ipynb), to NLD",
    ("without-samd", "ckdsnn-sample-with-relu", "nld-with-relu"): "SAMD (0–1), to that",
    ("without-samd", "ckdsnn-released", "nld-released"): "SAMD as released, to all else of the released form",
}
CAPTION = "What each part adds to the test accuracy, by pairs with the same seed"
HEADER = ["Added", "Points [95 %, not corrected]", "n"]


def headline(evidence: Evidence, legend: Legend, name: str = "headline", caption: str = CAPTION) -> str:
    """The comparisons that are on record, a row each, and the records behind them; "" where there is none.

    name, caption: the table's.
    """
    rows, behind = [], {}
    for (suite, *pair), words in ADDED.items():
        cells = evidence.load(suite)
        for found in compared(cells, *pair):
            rows.append([words, in_points(found), str(found.n)])
            behind |= {run.id: run for method in pair for run in cells[method]}
    if not rows:
        return ""
    source = legend("book/claims.md", [behind[run] for run in sorted(behind)])
    return f"{Table(name, caption, HEADER, rows).markdown()}\n\n{source}"


def compared(cells: Cells, method: str, baseline: str) -> list[Comparison]:
    """The one comparison, none without a common seed; under a condition, as the page of conditions has it."""
    pair, condition = (split_condition(method)[0], split_condition(baseline)[0]), split_condition(method)[1]
    if condition:
        return [found for found in within(cells, [pair]) if found.method == method]
    return compare(values_of(cells), [(method, baseline)])
