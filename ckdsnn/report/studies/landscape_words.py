"""What the studies of the landscape say, in sentences: every number is computed from them."""

from collections.abc import Iterator

from ckdsnn.records.study import Study
from ckdsnn.report.labels import label_of
from ckdsnn.report.numbers import average, known
from ckdsnn.report.studies.landscape_plots import ByMethod, flatter
from ckdsnn.report.words import listed


def findings(studies: ByMethod) -> str:
    """All sentences: what was measured, then each method's valley beside the first method's."""
    return listed(sentences(studies))


def sentences(studies: ByMethod) -> Iterator[str]:
    first, *others = studies
    settings, name = studies[first][0].settings, label_of(first)
    images, directions, at = (settings[key] for key in ("images", "directions", "flatness_at"))
    yield f"Measured on {images} training images, along {directions} random directions, the same for every student."
    for method, found in studies.items():
        loss, accuracy = (average(at_rest(study, value) for study in found) for value in ("loss", "accuracy"))
        rise, lost = (average(study.numbers(change).mean() for study in found) for change in ("rise", "lost"))
        seeds = len(known(study.numbers("rise").mean() for study in found))
        yield (
            f"{label_of(method)} (n = {seeds}): the loss of {loss:.2f} nat rises by {rise:.2f} at distance "
            f"{at:g}, the accuracy of {accuracy:.1f} % falls by {lost:.1f} points."
        )
    for method in others:
        changes = known(
            study.numbers("rise").mean() - other.numbers("rise").mean()
            for study in studies[method]
            for other in studies[first]
            if study.seed == other.seed
        )
        wins, pairs = sum(change < 0 for change in changes), flatter(studies[method], studies[first])
        yield f"{label_of(method)} is flatter than {name} for {wins} of {len(changes)} seeds, in {pairs} pairs."


def at_rest(study: Study, value: str) -> float:
    """The loss or the accuracy at the trained weights."""
    return study.numbers(value)[0, study.values["distances"].index(0)]
