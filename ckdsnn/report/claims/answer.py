"""The answer to the landing page's question in plain words, computed from the records."""

from ckdsnn.report.claims.verdicts import Evidence
from ckdsnn.report.compare import Comparison, compare_runs
from ckdsnn.report.suites.tables import in_points

SUITE = "components"
ANSWERS, LOOKS = ("nld", "snn"), ("ckdsnn", "nld")  # what is added, and to what
OPENINGS = {1: "So far, yes.", -1: "So far, no: it learns worse.", 0: "So far, our runs cannot tell."}
EFFECTS = {
    1: "makes a small student better",
    -1: "makes a small student worse",
    0: "makes no difference that can be told from chance",
}
FEW = "Too few runs are on record for an answer."


def answer(evidence: Evidence) -> str:
    """Whether looking where the teacher looks helps, beside its answers; too few runs on record give no answer."""
    found = [next(iter(compare_runs(evidence.load(SUITE), [pair])), None) for pair in (ANSWERS, LOOKS)]
    if any(comparison is None or comparison.sign is None for comparison in found):
        return FEW
    answers, looks = found
    return (
        f"{OPENINGS[looks.sign]} Learning what the teacher *answers* {effect(answers)} percentage points of test "
        f"accuracy, the mean of {answers.n} pairs of runs. Learning *where it looks* as well {effect(looks)} points, "
        f"the mean of {looks.n}. In brackets: 95 % intervals."
    )


def effect(comparison: Comparison) -> str:
    """What an addition does to the student, and by how much."""
    return f"{EFFECTS[comparison.sign]}: {in_points(comparison)}"
