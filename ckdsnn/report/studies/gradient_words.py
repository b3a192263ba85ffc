"""What the studies `gradients` say, in sentences and one table: every number is computed from the studies."""

from collections.abc import Iterable, Iterator, Sequence
from math import nan

from ckdsnn.records.study import Study
from ckdsnn.report.numbers import average, between, digits, known
from ckdsnn.report.studies.gradient_plots import PAPER, TERMS, strengths
from ckdsnn.report.tables import Table
from ckdsnn.report.words import listed

READINGS = [term for term in TERMS if term != "nld"]
ORTHOGONAL = [term for term in READINGS if term != "samd-batch"]  # the readings in which a map is an image's own


def at_paper(study: Study, values: Sequence[float]) -> float:
    """Of values at each temperature, the one at the paper's; NLD has only one."""
    return values[study.settings["temperatures"].index(PAPER)] if len(values) > 1 else values[0]


def strength(study: Study, state: str, term: str, place: str) -> float:
    """Norm of the term's gradient at the paper's temperature, over that of the cross-entropy."""
    return at_paper(study, strengths(study, state, term, place))


def name_of(term: str) -> str:
    """The term's label on one line."""
    return TERMS[term].replace("\n", " ")


def told(values: Iterable[float]) -> str:
    """From the lowest to the highest, in three digits."""
    return between(values, digits)


def weight_for_one(strength_at_one: float) -> float:
    """The weight with which a term pulls as hard as the cross-entropy; NaN for one that does not pull at all."""
    return 1 / strength_at_one if strength_at_one else nan


def gradient_table(name: str, caption: str, studies: Iterable[Study]) -> Table:
    """One row a reading at the paper's temperature: where its strength comes from and what it is, means over studies.

    T_s |P_st - P_te| / divisor is the closed form of the gradient at a map's cells, without the terms through the ends
    of the range. The weight in the last column would make the term as strong as the cross-entropy.
    """
    studies = list(studies)
    header = ["Reading", "Map divided by", "‖Pₛₜ − Pₜₑ‖", "Tₛ × difference / divisor"]
    header += ["At the spikes (CE = 1): start", "end", "At the weights: start", "end", "β for 1 at the end"]
    return Table(name, caption, header, [reading_row(term, studies) for term in READINGS])


def reading_row(term: str, studies: Sequence[Study]) -> list[str]:
    gap = average(at_paper(study, study.numbers(f"end-gap-{term}")) for study in studies)
    divisor = average(float(study.numbers(f"end-divisor-{term}")) for study in studies)
    found = [
        average(strength(study, state, term, place) for study in studies)
        for place in ("spikes", "weights")
        for state in ("start", "end")
    ]
    return [name_of(term), *map(digits, (divisor, gap, PAPER * gap / divisor, *found, weight_for_one(found[-1])))]


def findings(studies: Iterable[Study]) -> str:
    """All sentences, as a list."""
    studies = list(studies)
    parts = (strength_findings, temperature_findings, angle_findings, weight_findings)
    sentences = [sentence for part in parts for sentence in part(studies)]
    return listed(sentences)


def strength_findings(studies: Sequence[Study]) -> Iterator[str]:
    for term in TERMS:
        start, end = (told(strength(study, state, term, "spikes") for study in studies) for state in ("start", "end"))
        yield f"{name_of(term)}: {start} times as strong as the cross-entropy with fresh weights, {end} when trained."


def temperature_findings(studies: Sequence[Study]) -> Iterator[str]:
    """How much the temperature changes the strength of the reading with both maps from 0 to 1."""
    changes = {"with": [], "without": []}
    for study in studies:
        found, temperatures = strengths(study, "end", "samd-sample"), study.settings["temperatures"]
        plain = [value / temperature**2 for value, temperature in zip(found, temperatures, strict=True)]
        for which, values in (("with", found), ("without", plain)):
            changes[which].append(max(values) / min(values))
    yield (
        f"Temperatures from {told(studies[0].settings['temperatures'])} change the strength of "
        f"{name_of('samd-sample')} by a factor of {told(changes['with'])}; without the factor "
        f"T_s^2, by one of {told(changes['without'])}."
    )


def angle_findings(studies: Sequence[Study]) -> Iterator[str]:
    """The largest cosine with the cross-entropy's gradient: of SAMD at the spikes, and at the weights."""
    cosines = {
        place: known(
            abs(cosine)
            for study in studies
            for state in ("start", "end")
            for term in ORTHOGONAL
            for cosine in study.numbers(f"{state}-{place}-{term}")[:, 1]
        )
        for place in ("spikes", "weights")
    }
    nld = told(study.numbers("end-weights-nld")[0, 1] for study in studies)
    spikes, weights = (max(cosines[place], default=nan) for place in ("spikes", "weights"))
    yield (
        f"Cosine of SAMD's gradient with the cross-entropy's, all readings but 0–1 over the batch: at most "
        f"{spikes:.0e} at the spikes, {weights:.2f} at the weights; of NLD's at the trained weights {nld}."
    )


def weight_findings(studies: Sequence[Study]) -> Iterator[str]:
    needed = told(weight_for_one(strength(study, "end", "samd-sample", "weights")) for study in studies)
    name = name_of("samd-sample")
    yield f"To pull at the trained weights as hard as the cross-entropy, {name} needs a β of {needed}."
