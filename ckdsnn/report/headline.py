"""What the runs come to, in a few sentences for the landing page: every number is computed."""

from ckdsnn.report.compare import compare, values_of
from ckdsnn.report.suite_tables import in_points
from ckdsnn.report.verdicts import Evidence

# suite, method, baseline -> what the comparison says, in words
SENTENCES = {
    ("components", "nld", "snn"): "What the logits add: NLD against the plain SNN",
    ("components", "nld", "kd"): "What the noise adds to plain logits distillation",
    ("components", "samd-sample", "snn"): "SAMD alone against the plain SNN, both maps from 0 to 1",
    ("map-losses", "samd-sample-beta10", "snn"): "The same with ten times the weight, the best of four",
    ("components", "ckdsnn-sample", "nld"): "SAMD beside NLD, both maps from 0 to 1",
    ("components", "ckdsnn", "nld"): "SAMD beside NLD, the student's map a count of spikes as in the paper's figure",
}


def headline(evidence: Evidence) -> str:
    """A list: each comparison in points, with its 95 % interval and number of seeds; what has no record is left out."""
    lines = []
    for (suite, method, baseline), words in SENTENCES.items():
        for found in compare(values_of(evidence.load(suite)), [(method, baseline)]):
            lines.append(f"- {words}: **{in_points(found)}** points (n = {found.n}).")
    return "\n".join(lines)
