"""What the runs come to, in one table for the landing page: every number is computed."""

from ckdsnn.report.claims.page import Legend
from ckdsnn.report.claims.verdicts import Evidence
from ckdsnn.report.compare import compare_runs
from ckdsnn.report.suites.tables import in_points, remarks, with_remarks
from ckdsnn.report.tables import Table

HEAVY = "SAMD with thirty times the weight"
TRIED = "one of [the conditions tried](../notebooks/19_conditions.ipynb)"

# suite, method, baseline -> what the one adds to the other, in words that need no other row
ADDED = {
    ("components", "nld", "snn"): "NLD, to the plain SNN",
    ("components", "nld", "kd"): "NLD's noise, to plain logits distillation (KD)",
    ("components", "samd", "snn"): "SAMD, to the plain SNN",
    ("map-losses", "samd-beta10", "snn"): "SAMD with ten times the weight, to the plain SNN",
    ("components", "ckdsnn", "nld"): "SAMD, to NLD: both together are CKDSNN",
    ("components", "ckdsnn-beta30", "nld"): f"{HEAVY}, to NLD: [picked among all map ranges and "
    "weights](../notebooks/06_ranges.ipynb) by other seeds",
    ("conditions", "ckdsnn-beta30-few", "nld-few"): f"{HEAVY}, to NLD, with a quarter of the images: {TRIED}",
    ("conditions", "ckdsnn-beta30-t4", "nld-t4"): f"{HEAVY}, to NLD, at T = 4: {TRIED}",
    ("conditions", "ckdsnn-beta30-strong", "nld-strong"): f"{HEAVY}, to NLD, with a better teacher: {TRIED}",
    ("components", "ckdsnn-count", "nld"): "SAMD with the student's map left a count, to NLD: a reading of one "
    "figure's colour bar",
    ("without-samd", "nld-with-relu", "nld"): "ReLU for the student's last spikes, [as in the released "
    "code](../notebooks/16_released.ipynb), to NLD",
    ("without-samd", "ckdsnn-with-relu", "nld-with-relu"): "SAMD, to NLD, both with ReLU for the last spikes",
    ("without-samd", "ckdsnn-released", "nld-released"): "SAMD with three points of the newest release, to "
    "NLD, both with four other points of it",
}
CAPTION = "What each part adds to the test accuracy, by pairs with the same seed"
HEADER = ["Added", "Points [95 %, paired t]", "n"]


def headline(evidence: Evidence, legend: Legend, name: str = "headline", caption: str = CAPTION) -> str:
    """The comparisons that are on record, a row each, and the records behind them; "" where there is none.

    name, caption: the table's.
    """
    rows, notes, behind = [], [], {}
    for (suite, *pair), words in ADDED.items():
        cells = evidence.load(suite)
        for found in compare_runs(cells, [tuple(pair)]):
            rows.append([words, in_points(found), str(found.n)])
            notes.append(remarks(found))
            behind |= {run.id: run for method in pair for run in cells[method]}
    if not rows:
        return ""
    source = legend("book/claims.md", [behind[run] for run in sorted(behind)])
    return f"{Table(name, caption, *with_remarks(HEADER, rows, notes)).markdown()}\n\n{source}"
