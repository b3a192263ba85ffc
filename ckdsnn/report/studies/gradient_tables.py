"""Numbers of the studies `gradients`, and their table: how strong each term's gradient is."""

from collections.abc import Iterable, Sequence
from math import nan

from ckdsnn.records.study import Study
from ckdsnn.report.numbers import average, digits
from ckdsnn.report.tables import Table, beside

# term of the objective -> its label, with the map range: how the maps meet before the softmax
TERMS = {
    "nld": "NLD",
    "samd-raw": "SAMD (both raw)",
    "samd-literal": "SAMD (count)",
    "samd-rate": "SAMD (rate)",
    "samd-sample": "SAMD (0–1)",
    "samd-batch": "SAMD (0–1 over\nthe batch)",
}
MAP_TERMS = [term for term in TERMS if term != "nld"]
PAPER = 2.0  # the paper's T_s
COLUMNS = (
    "Divisor: of the student's map before the softmax. ΔP = Pₛₜ − Pₜₑ. Spikes, weights: the gradient there, in those "
    "of the cross-entropy, with fresh weights (start) and trained ones (end). β for 1: the weight that would make both "
    "equal at the trained weights."
)


def strengths(study: Study, state: str, term: str, place: str = "spikes") -> list[float]:
    """Norm of the term's gradient over that of the cross-entropy, at each temperature; state: start or end.

    NaN where one of them was not finite: no dot then.
    """
    reference = study.numbers(f"{state}-{place}-ce")[0, 0]
    return (study.numbers(f"{state}-{place}-{term}")[:, 0] / reference).tolist()


def at_paper(study: Study, values: Sequence[float]) -> float:
    """Of values at each temperature, the one at the paper's; NLD has only one."""
    return values[study.settings["temperatures"].index(PAPER)] if len(values) > 1 else values[0]


def strength(study: Study, state: str, term: str, place: str) -> float:
    """Norm of the term's gradient at the paper's temperature, over that of the cross-entropy."""
    return at_paper(study, strengths(study, state, term, place))


def name_of(term: str) -> str:
    """The term's label on one line."""
    return TERMS[term].replace("\n", " ")


def weight_for_one(strength_at_one: float) -> float:
    """The weight with which a term pulls as hard as the cross-entropy; NaN for one that does not pull at all."""
    return 1 / strength_at_one if strength_at_one else nan


def gradient_table(name: str, caption: str, studies: Iterable[Study]) -> Table:
    """One row a map range at the paper's temperature: where its strength comes from and what it is, means over studies.

    T_s |P_st - P_te| / divisor is the closed form of the gradient at a map's cells, without the terms through the ends
    of the range.
    """
    studies = list(studies)
    header = [
        "Map range",
        "Divisor",
        "‖ΔP‖",
        "Tₛ ‖ΔP‖ / divisor",
        "Spikes, start / end",
        "Weights, start / end",
        "β for 1",
    ]
    return Table(name, f"{caption}. {COLUMNS}", header, [range_row(term, studies) for term in MAP_TERMS])


def range_row(term: str, studies: Sequence[Study]) -> list[str]:
    gap = average(at_paper(study, study.numbers(f"end-gap-{term}")) for study in studies)
    divisor = average(float(study.numbers(f"end-divisor-{term}")) for study in studies)
    spikes, weights = (
        [average(strength(study, state, term, place) for study in studies) for state in ("start", "end")]
        for place in ("spikes", "weights")
    )
    parts = map(digits, (divisor, gap, PAPER * gap / divisor))
    pulls = (beside(*map(digits, found)) for found in (spikes, weights))
    return [name_of(term), *parts, *pulls, digits(weight_for_one(weights[-1]))]
