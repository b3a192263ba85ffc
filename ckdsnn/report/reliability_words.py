"""What the studies `faithfulness` and `surrogate` say, in sentences: every number and verdict is computed."""

from collections.abc import Iterator
from textwrap import fill

from ckdsnn.records.study import Study
from ckdsnn.report.reliability_tables import advantage, likenesses, numbers, score
from ckdsnn.report.style import MAPS, PLACES, style_of

COLUMNS = 78  # characters that fit a page of the book
RIVALS = ("grad_cam", "grad_cam_first", "teacher_cam", "centre", "random")  # of SAM
ENOUGH = 2  # standard errors


def findings(study: Study) -> str:
    """All sentences about one study below the name of its student."""
    sentences = {"faithfulness": faithfulness_findings, "surrogate": surrogate_findings}[study.kind](study)
    indents = {"initial_indent": "- ", "subsequent_indent": "  "}
    wrapped = [fill(sentence, COLUMNS, break_on_hyphens=False, **indents) for sentence in sentences]
    return "\n".join([f"{style_of(study)[0]}:", *wrapped])


def faithfulness_findings(study: Study) -> Iterator[str]:
    scores = {kind: score(study, kind) for kind in MAPS}
    best = max(scores, key=lambda kind: scores[kind].mean)
    yield f"Highest ROAD score: {MAPS[best][0]}, {scores[best].text()}. SAM: {scores['sam'].text()}."
    rivals = [f"{MAPS[rival][0]} {difference(study, 'sam', rival)}" for rival in RIVALS]
    yield f"SAM against other maps, image by image: {'; '.join(rivals)}."
    other = difference(study, "grad_cam_first", "grad_cam_far")
    yield f"Grad-CAM at the first stage against the same map by another surrogate: {other}."
    (sam, _, shuffled), (centre, *_) = (numbers(study, f"{kind}.agreement") for kind in ("sam", "centre"))
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
