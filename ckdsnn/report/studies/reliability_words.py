"""What the studies `faithfulness` and `surrogate` say, in sentences: every number and verdict is computed."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from ckdsnn.records.study import Study
from ckdsnn.report.labels import label_of, style_of
from ckdsnn.report.numbers import between
from ckdsnn.report.studies.reliability_tables import advantage, likenesses, score
from ckdsnn.report.style import MAPS, PLACES
from ckdsnn.report.words import listed

if TYPE_CHECKING:
    from ckdsnn.analysis.agreement import Agreement

RIVALS = ("grad_cam", "grad_cam_first", "teacher_cam", "centre", "random")  # of SAM
ENOUGH = 2  # standard errors
TWO_DIGITS = "{:.2f}".format


def summary(faithful: Sequence[Study], surrogates: Sequence[Study]) -> str:
    """The two main results over all students: what another surrogate changes, and what a map of no image reaches."""
    return listed([surrogate_summary(surrogates), centre_summary(faithful)])


def surrogate_summary(studies: Sequence[Study]) -> str:
    parts = []
    for place in ("stage1", "stage2"):
        least = [likenesses(study, place)[0] for study in studies]
        lowest = between((one.correlation.mean for one in least), TWO_DIGITS)
        chance = between((one.shuffled for one in least), TWO_DIGITS)
        parts.append(f"{lowest} at {PLACES[place]} (maps of two images: {chance})")
    return (
        "How much does Grad-CAM change with the surrogate? Correlation with the trained surrogate's, by the least "
        f"similar shape and width: {', '.join(parts)}; {len(studies)} students, one seed each. 1 would be no change."
    )


def centre_summary(studies: Sequence[Study]) -> str:
    sam, centre = ([study.numbers(f"{kind}.agreement")[0] for study in studies] for kind in ("sam", "centre"))
    better = sum(one > other for one, other in zip(centre, sam, strict=True))
    alike, gaussian = (between(values, TWO_DIGITS) for values in (sam, centre))
    return (
        f"Is a SAM like the teacher's CAM? They correlate by {alike}; a centred Gaussian, which knows no "
        f"image, by {gaussian}. The Gaussian is nearer to the CAM than the SAM is for {better} of "
        f"{len(studies)} students."
    )


def agreement_findings(found: Mapping[str, Mapping[str, "Agreement"]]) -> str:
    """Of each kind of map, method -> agreement: by how much it is more than that of shuffled pairs, highest first."""
    sentences = []
    for kind, agreements in found.items():
        ordered = sorted(agreements.items(), key=lambda pair: -pair[1].gain)
        parts = [f"{label_of(method)} {agreement.gain:+.2f}" for method, agreement in ordered]
        count = len(ordered[0][1].matched)
        sentences.append(f"{kind}, correlation minus that of shuffled pairs, {count} images: {'; '.join(parts)}.")
    return listed(sentences)


def findings(study: Study) -> str:
    """All sentences about one study below the name of its student."""
    sentences = {"faithfulness": faithfulness_findings, "surrogate": surrogate_findings}[study.kind](study)
    return f"{style_of(study)[0]}:\n{listed(sentences)}"


def faithfulness_findings(study: Study) -> Iterator[str]:
    scores = {kind: score(study, kind) for kind in MAPS}
    best = max(scores, key=lambda kind: scores[kind].mean)
    yield f"Highest ROAD score: {MAPS[best][0]}, {scores[best].text()}. SAM: {scores['sam'].text()}."
    rivals = [f"{MAPS[rival][0]} {difference(study, 'sam', rival)}" for rival in RIVALS]
    yield f"SAM against other maps, image by image: {'; '.join(rivals)}."
    other = difference(study, "grad_cam_first", "grad_cam_far")
    yield f"Grad-CAM at the first stage against the same map by another surrogate: {other}."
    (sam, _, shuffled), (centre, *_) = (study.numbers(f"{kind}.agreement") for kind in ("sam", "centre"))
    others = f"that of another image {shuffled:.2f}, a centred Gaussian {centre:.2f}"
    yield f"Correlation with the teacher's CAM: SAM {sam:.2f}, {others}."


def difference(study: Study, kind: str, rival: str) -> str:
    """How much more the one kind of map scores, and whether that can be chance."""
    found = advantage(study, kind, rival)
    apart = abs(found.mean) >= ENOUGH * found.error
    return found.text("+.3f") + ("" if apart else " (not told apart)")


def surrogate_findings(study: Study) -> Iterator[str]:
    yield f"The largest difference that any surrogate makes to a logit or to a SAM: {study.values['difference']:g}."
    parts = []
    for place, label in PLACES.items():
        least, *_ = likenesses(study, place)
        parts.append(f"{label}: {least.correlation.text()} ({least.name})")
    yield f"Correlation of Grad-CAM with that by the trained surrogate, by the least similar one: {'; '.join(parts)}."
