"""The loss around trained students, as figures and a table: studies of kind `landscape` in.

Everywhere a mapping says which studies belong to which method, one study a seed of the training.
"""

from collections.abc import Mapping, Sequence
from statistics import mean, stdev

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import BoundaryNorm
from matplotlib.contour import ContourSet
from matplotlib.figure import Figure

from ckdsnn.errors import CkdsnnError
from ckdsnn.records.study import Study
from ckdsnn.report.style import LOSS_COLOURS, METHODS, styled
from ckdsnn.report.tables import Table, mean_sd

ByMethod = Mapping[str, Sequence[Study]]
BAND = (0.25, 0.75)  # quantiles over directions and seeds
PANELS = 4  # contour panels in a row
LEVELS = (0.1, 0.2, 0.5, 1, 2, 5, 10)  # contours, nat


def landscape_curves(studies: ByMethod) -> Figure:
    """Training loss and accuracy against the distance from the trained weights: the mean over all directions and seeds,
    and the middle half of them."""
    with styled():
        figure = Figure(figsize=(9.6, 3.9))
        loss, accuracy = figure.subplots(1, 2)
        for method, found in studies.items():
            draw_curve(loss, found, "loss", *METHODS[method])
            draw_curve(accuracy, found, "accuracy", *METHODS[method])
        for axes, label in ((loss, "Training cross-entropy (nat)"), (accuracy, "Training accuracy (%)")):
            axes.set(xlabel="Relative distance along a random direction", ylabel=label)
        figure.legend(*loss.get_legend_handles_labels(), loc="outside lower center", ncols=len(studies), fontsize=9)
        return figure


def draw_curve(axes: Axes, studies: Sequence[Study], name: str, label: str, colour: str) -> None:
    """The mean line of a value [D, P] of several studies, and its band."""
    curves = np.concatenate([study.values[name] for study in studies]).astype(float)
    distances = studies[0].values["distances"]
    axes.plot(distances, curves.mean(0), "o-", ms=3, label=label, color=colour)
    axes.fill_between(distances, *np.quantile(curves, BAND, axis=0), color=colour, alpha=0.12, lw=0)


def landscape_planes(studies: Mapping[str, Study]) -> Figure:
    """The rise of the loss over the plane of two random directions: a panel for each method, one scale of colours."""
    rises = [rise_over_plane(study) for study in studies.values()]
    columns = min(PANELS, len(studies))
    rows = -(-len(studies) // columns)
    with styled():
        figure = Figure(figsize=(2.5 * columns + 1.4, 2.9 * rows + 0.1), layout="compressed")
        panels = figure.subplots(rows, columns, sharey=True, squeeze=False)
        for axes in panels.flat[len(studies) :]:
            axes.set_axis_off()
        for axes, (method, study), rise in zip(panels.flat, studies.items(), rises, strict=False):
            drawn = draw_plane(axes, study.values["grid"], rise)
            axes.set_title(METHODS[method][0].replace(", ", ",\n"), fontsize=10)
        for axes in panels[:, 0]:
            axes.set_ylabel("Along direction 2")
        figure.colorbar(drawn, ax=panels, label="Rise of the cross-entropy (nat)", format="%g")
        return figure


def rise_over_plane(study: Study) -> np.ndarray:
    """The plane [G, G] of a study, above its own centre."""
    heights = np.array(study.values["plane"], dtype=float)
    middle = len(heights) // 2
    return heights - heights[middle, middle]


def draw_plane(axes: Axes, grid: Sequence[float], rise: np.ndarray) -> ContourSet:
    """Filled contours of a rise [G, G] with a cross at the trained weights."""
    colours = BoundaryNorm(LEVELS, 256, extend="both")
    drawn = axes.contourf(grid, grid, rise, LEVELS, cmap=LOSS_COLOURS, norm=colours, extend="both")
    drawn.set(edgecolor="white", linewidth=0.5)  # `contour` would warn where a plane crosses no level
    axes.plot(0, 0, "+", color="white", ms=9)
    axes.set(xlabel="Along direction 1", aspect="equal")
    axes.locator_params(nbins=3)
    axes.grid(visible=False)
    return drawn


def landscape_table(name: str, caption: str, studies: ByMethod) -> Table:
    """One row a method: loss and accuracy at the trained weights, what a step in a random direction costs of either,
    and in how many pairs of the same seed and direction the loss rises less than the first method's."""
    first = next(iter(studies))
    at = studies[first][0].settings["flatness_at"]
    header = ["Student", "Loss (nat)", f"Rise at {at:g} (nat)", "sd over directions", "Accuracy (%)"]
    header += [f"Lost at {at:g} (points)", "sd over directions", f"Flatter than {METHODS[first][0]}"]
    rows = [
        [
            METHODS[method][0],
            *costs(found, "loss", "rise", 2),
            *costs(found, "accuracy", "lost", 1),
            "–" if method == first else flatter(found, studies[first]),
        ]
        for method, found in studies.items()
    ]
    return Table(name, caption, header, rows)


def costs(studies: Sequence[Study], value: str, change: str, digits: int) -> list[str]:
    """A value at the trained weights and its mean change, both over seeds, and the change's sd over directions."""
    middle = [study.values[value][0][study.values["distances"].index(0)] for study in studies]
    changes = [mean(study.values[change]) for study in studies]
    spread = mean(stdev(study.values[change]) for study in studies)
    return [mean_sd(middle, digits), mean_sd(changes, digits), f"{spread:.{digits}f}"]


def flatter(studies: Sequence[Study], others: Sequence[Study]) -> str:
    """In how many pairs of the same seed and direction the loss rises less than the others': "12 of 20".

    Raises CkdsnnError where the two do not have the same seeds.
    """
    by_seed, theirs = ({study.seed: study.values["rise"] for study in side} for side in (studies, others))
    if by_seed.keys() != theirs.keys():
        raise CkdsnnError(f"seeds {sorted(by_seed)} and {sorted(theirs)} make no pairs; study the same ones")
    pairs = [pair for seed in by_seed for pair in zip(by_seed[seed], theirs[seed], strict=True)]
    return f"{sum(mine < other for mine, other in pairs)} of {len(pairs)}"
