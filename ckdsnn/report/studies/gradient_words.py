"""What the studies `gradients` say, in sentences: every number is computed from the studies."""

from collections.abc import Iterable, Iterator, Sequence
from math import nan

from ckdsnn.records.study import Study
from ckdsnn.report.numbers import between, digits, known
from ckdsnn.report.studies.gradient_tables import MAP_TERMS, TERMS, name_of, strength, strengths, weight_for_one
from ckdsnn.report.words import listed

ORTHOGONAL = [term for term in MAP_TERMS if term != "samd-batch"]  # the map ranges in which a map is an image's own


def told(values: Iterable[float]) -> str:
    """From the lowest to the highest, in three digits."""
    return between(values, digits)


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
    """How much the temperature changes the strength of the map range with both maps from 0 to 1."""
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
        f"Cosine of SAMD's gradient with the cross-entropy's, all map ranges but 0–1 over the batch: at most "
        f"{spikes:.0e} at the spikes, {weights:.2f} at the weights; of NLD's at the trained weights {nld}."
    )


def weight_findings(studies: Sequence[Study]) -> Iterator[str]:
    needed = told(weight_for_one(strength(study, "end", "samd-sample", "weights")) for study in studies)
    name = name_of("samd-sample")
    yield f"To pull at the trained weights as hard as the cross-entropy, {name} needs a β of {needed}."
