"""What the studies of the landscape say, in sentences: every number is computed from them."""

from collections.abc import Iterator

from ckdsnn.report.labels import label_of
from ckdsnn.report.numbers import average
from ckdsnn.report.studies.landscape_tables import ByMethod, at_rest, flatter, mean_rises
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
        rises, lost = mean_rises(found), average(study.numbers("lost").mean() for study in found)
        yield (
            f"{label_of(method)} (n = {len(rises)}): the loss of {loss:.2f} nat rises by "
            f"{average(rises.values()):.2f} at distance {at:g}, the accuracy of {accuracy:.1f} % falls by {lost:.1f} "
            "points."
        )
    for method in others:
        own, theirs = mean_rises(studies[method]), mean_rises(studies[first])
        both, pairs = own.keys() & theirs.keys(), flatter(studies[method], studies[first])
        wins = sum(own[seed] < theirs[seed] for seed in both)
        yield f"{label_of(method)} is flatter than {name} for {wins} of {len(both)} seeds, in {pairs} pairs."
