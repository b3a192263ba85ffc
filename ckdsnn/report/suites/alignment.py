"""Does it help to look where the teacher looks? Accuracy against the alignment of the maps, a dot a run."""

from collections.abc import Collection, Mapping
from statistics import mean

from matplotlib.figure import Figure
from scipy import stats

from ckdsnn.report.compare import Cells, Values, accuracies, near_best, values_of
from ckdsnn.report.labels import colour_of, label_of
from ckdsnn.report.style import styled
from ckdsnn.report.suites.tables import probability
from ckdsnn.report.tables import signed
from ckdsnn.report.words import listed

Points = Mapping[str, list[tuple[float, float]]]  # method -> (alignment, accuracy) of its runs


def points_of(cells: Cells, aligned: Values) -> Points:
    """The runs of the methods that train, by method: those whose mean accuracy is not far below the best."""
    trained = near_best(values_of(cells))
    return {
        method: [(aligned[method][seed], value) for seed, value in accuracies(cells[method]).items() if seed in found]
        for method, found in aligned.items()
        if method in trained
    }


def alignment_figure(points: Points, named: Collection[str] = ()) -> Figure:
    """A dot a run, in the colour of its method; the methods in `named` bear their names at the mean of their runs."""
    with styled():
        figure = Figure(figsize=(7.2, 4.4))
        axes = figure.subplots()
        for method, runs in points.items():
            axes.plot(*zip(*runs, strict=True), "o", ms=6, alpha=0.7, mec="white", color=colour_of(method))
        for method in named:
            if method in points:
                at = tuple(map(mean, zip(*points[method], strict=True)))
                box = {"fc": "white", "ec": "none", "alpha": 0.8, "pad": 1}
                axes.annotate(label_of(method), at, (8, 8), textcoords="offset points", fontsize=9, bbox=box)
        axes.margins(x=0.12)
        axes.set_xlabel("Alignment of the student's SAM with the teacher's CAM\n(correlation without the mean maps)")
        axes.set_ylabel("Test accuracy, last epoch (%)")
        return figure


def rank_correlation(points: Points) -> str:
    """Spearman's correlation of alignment and accuracy over the methods' means, in words: runs of one are alike."""
    means = [tuple(map(mean, zip(*runs, strict=True))) for runs in points.values()]
    if len(means) < 3:
        return listed([f"{len(means)} methods are too few for a correlation."])
    found, runs = stats.spearmanr(means), sum(map(len, points.values()))
    counted = f"means of {len(means)} methods, {runs} runs"
    value = f"{signed(found.statistic)} (p {probability(found.pvalue)}, {counted})"
    return listed([f"Spearman's correlation of alignment and accuracy: {value}."])
