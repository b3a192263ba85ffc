"""What the runs come to, in a few sentences for the landing page: every number is computed."""

from ckdsnn.report.claims.verdicts import Evidence
from ckdsnn.report.compare import Cells, Comparison, compare, values_of
from ckdsnn.report.labels import split_condition
from ckdsnn.report.suites.tables import in_points
from ckdsnn.report.suites.within import within
from ckdsnn.report.tables import count

# suite, method, baseline -> what the comparison says, in words
SENTENCES = {
    ("components", "nld", "snn"): "What the logits add: NLD against the plain SNN",
    ("components", "nld", "kd"): "What the noise adds to plain logits distillation",
    ("components", "samd-sample", "snn"): "SAMD alone against the plain SNN, both maps from 0 to 1",
    ("map-losses", "samd-sample-beta10", "snn"): "The same with ten times the weight, the best of four",
    ("components", "ckdsnn-sample", "nld"): "SAMD beside NLD, both maps from 0 to 1",
    ("ranges", "ckdsnn-sample-beta10", "nld"): "The same with ten times the weight",
    ("conditions", "ckdsnn-sample-beta10-t4", "nld-t4"): "The same at T = 4, one of [the conditions tried]"
    "(../notebooks/19_conditions.ipynb)",
    ("components", "ckdsnn", "nld"): "SAMD beside NLD, the student's map a count of spikes as in the paper's figure",
}


def headline(evidence: Evidence) -> str:
    """A list: each comparison in points, with its 95 % interval and number of seeds; what has no record is left out."""
    lines = []
    for (suite, method, baseline), words in SENTENCES.items():
        for found in compared(evidence.load(suite), method, baseline):
            lines.append(f"- {words}: **{in_points(found)}** points {count(found.n)}.")
    return "\n".join(lines)


def compared(cells: Cells, method: str, baseline: str) -> list[Comparison]:
    """The one comparison, none without a common seed; under a condition, as the page of conditions has it."""
    pair, condition = (split_condition(method)[0], split_condition(baseline)[0]), split_condition(method)[1]
    if condition:
        return [found for found in within(cells, [pair]) if found.method == method]
    return compare(values_of(cells), [(method, baseline)])
