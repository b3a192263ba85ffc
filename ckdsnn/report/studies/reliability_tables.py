"""Numbers of the studies `faithfulness` and `surrogate`, and the tables of them."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from ckdsnn.records.study import Study
from ckdsnn.report.labels import style_of
from ckdsnn.report.style import MAPS, PLACES, SURROGATES
from ckdsnn.report.tables import DASH, Table, whole


class Estimate(NamedTuple):
    """A mean over images and its standard error."""

    mean: float
    error: float

    def text(self, form: str = ".3f") -> str:
        return whole(f"{self.mean:{form}} ± {self.error:{form.lstrip('+')}}")


def over_images(values: np.ndarray) -> Estimate:
    """Of values [N], one an image."""
    return Estimate(values.mean(), values.std(ddof=1) / np.sqrt(len(values)))


def score(study: Study, kind: str) -> Estimate:
    """The ROAD score of a kind of map."""
    return over_images(study.numbers(f"{kind}.score"))


def advantage(study: Study, kind: str, other: str) -> Estimate:
    """By how much one kind of map scores more than another, image by image."""
    return over_images(study.numbers(f"{kind}.score") - study.numbers(f"{other}.score"))


def faithfulness_table(name: str, caption: str, studies: Iterable[Study]) -> Table:
    """One row a student and kind of map."""
    header = ["Student", "Map", "ROAD score", "More than SAM", "Correlation with the teacher's CAM", "Shuffled pairs"]
    rows = [
        [
            style_of(study)[0],
            label,
            score(study, kind).text(),
            DASH if kind == "sam" else advantage(study, kind, "sam").text("+.3f"),
            *agreement(study, kind),
        ]
        for study in studies
        for kind, (label, _) in MAPS.items()
    ]
    return Table(name, caption, header, rows)


def agreement(study: Study, kind: str) -> tuple[str, str]:
    """Correlation with the teacher's CAM, of matched and of shuffled pairs; the teacher's own has none."""
    if kind == "teacher_cam":
        return DASH, DASH
    mean, error, shuffled = study.numbers(f"{kind}.agreement")
    return Estimate(mean, error).text(".2f"), f"{shuffled:.2f}"


SAME = 1 - 1e-6  # a correlation that differs from 1 by rounding alone


class Likeness(NamedTuple):
    """How alike Grad-CAM by one other surrogate is to that by the trained one."""

    shape: str
    width: float
    correlation: Estimate
    shuffled: float

    @property
    def name(self) -> str:
        """The surrogate's; where the least alike is the same map, every surrogate's is."""
        return "any" if self.correlation.mean > SAME else f"{self.shape} of width {self.width:g}"


def likenesses(study: Study, place: str) -> list[Likeness]:
    """Of all surrogates but the trained one at a place, the least alike first."""
    found = [
        Likeness(shape, width, Estimate(mean, error), shuffled)
        for shape in SURROGATES
        for width, (mean, error, shuffled) in zip(
            study.settings["widths"], study.numbers(f"{shape}.{place}"), strict=True
        )
        if (shape, width) != ("triangle", 1)
    ]
    return sorted(found, key=lambda one: one.correlation.mean)


def surrogate_table(name: str, caption: str, studies: Iterable[Study]) -> Table:
    """One row a student and place of Grad-CAM; of all surrogates but the trained one."""
    header = ["Student", "Place of Grad-CAM", "Least correlation", "By", "Mean of all", "Shuffled pairs"]
    rows = []
    for study in studies:
        for place, label in PLACES.items():
            least, *_ = found = likenesses(study, place)
            mean = np.mean([one.correlation.mean for one in found])
            row = [least.correlation.text(), least.name, f"{mean:.3f}", f"{least.shuffled:.2f}"]
            rows.append([style_of(study)[0], label, *row])
    return Table(name, caption, header, rows)
