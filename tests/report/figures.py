"""Every figure of the package, drawn from examples."""

from collections.abc import Callable

from ckdsnn.report.suites.energy_plots import accuracy_against_energy, firing_rates
from ckdsnn.report.suites.plots import over_time, suite_figure
from ckdsnn.report.suites.within import within_figure
from matplotlib.figure import Figure

from ckdsnn.recipe.methods import METHODS
from ckdsnn.records import Record
from ckdsnn.records.bench import bench_frame, sweep_frame
from ckdsnn.report.agreement import agreements
from ckdsnn.report.framework import framework
from ckdsnn.report.maps import explanation, map_gallery, sam_growth
from ckdsnn.report.plots import cell_shares, loss_terms, smoothed_probabilities, training_curves
from ckdsnn.report.speed import compared as compared_speed
from ckdsnn.report.speed import newest, scaling, switch_costs, switched, throughput, time_shares
from ckdsnn.studies.distributions.report import distances, histograms
from ckdsnn.studies.faithfulness.report import map_scores, road_curves
from ckdsnn.studies.gradients.report import gradient_heat, gradient_strength
from ckdsnn.studies.landscape.report import landscape_curves, landscape_planes
from ckdsnn.studies.surrogate.report import surrogate_curves
from ckdsnn.studies.theory.report import map_bounds, noise_changes
from tests.landscape_example import bowl
from tests.report.examples import (
    CLASSES,
    DIGITS,
    STYLES,
    agreement,
    benches,
    bounds,
    cells_of,
    changes,
    compared,
    distributions,
    every_method,
    faithfulness,
    found,
    grown,
    maps,
    over_time_cells,
    pictures,
    pulled,
    record_of,
    softened,
    suite_cells,
    surrogates,
)


def gallery() -> Figure:
    """Eight CIFAR-10 pictures with the rows that have the longest labels."""
    rows = {"Teacher: CAM": ("cam", maps(8))}
    rows |= {f"SAM: {STYLES[method][0]}": ("sam", maps(8)) for method in ("snn", "ckdsnn")}
    return map_gallery(pictures(8), CLASSES[:8], rows | {"Student: Grad-CAM": ("grad_cam", maps(8))})


COMPARED = ("snn", "kd", "ckdsnn-count", "ckdsnn", "samd-count")

FIGURES: dict[str, Callable[[Record], Figure]] = {
    "training_curves": lambda record: training_curves(
        [record_of(record, method, id=f"digits-{method}-s0-01234567") for method in METHODS]
    ),
    "loss_terms": loss_terms,
    "cell_shares": lambda _: cell_shares({"teacher, 0 to 1": distributions(9), "student, counts": distributions(9)}),
    "smoothed_probabilities": lambda _: smoothed_probabilities(DIGITS, softened()),
    "agreements": lambda _: agreements(
        {title: {method: agreement(1) for method in ("snn", "ckdsnn-count", "ckdsnn")} for title in ("SAM", "CAM")}
    ),
    "map_gallery": lambda _: gallery(),
    "sam_growth": lambda _: sam_growth(grown(4, 10, 32), CLASSES),
    "sam_growth, long names": lambda _: sam_growth(grown(2, 2), ["American Staffordshire terrier", "go-kart"]),
    "explanation": lambda _: explanation(found()),
    "suite_figure": lambda record: suite_figure(suite_cells("released", "reduced", record), "ckdsnn-count"),
    "suite_figure, short": lambda record: suite_figure(suite_cells("noise", "reduced", record), "kd"),
    "accuracy_against_energy": lambda record: accuracy_against_energy(over_time_cells(record)),
    "firing_rates": lambda record: firing_rates(cells_of(record, {method: [50.0] for method in METHODS})),
    "within_figure": lambda record: within_figure(
        suite_cells("timesteps", "reduced", record),
        [("nld", "snn"), ("ckdsnn-count", "nld"), ("ckdsnn", "nld")],
        "T = 1",
    ),
    "over_time": lambda record: over_time(suite_cells("timesteps", "reduced", record), 1),
    "road_curves": lambda record: road_curves(faithfulness(record)),
    "map_scores": lambda record: map_scores(
        [faithfulness(record, method) for method in ("snn", "kd", "ckdsnn-count", "ckdsnn")]
    ),
    "map_scores, one": lambda record: map_scores([faithfulness(record)]),
    "surrogate_curves": lambda record: surrogate_curves(surrogates(record)),
    "framework": lambda _: framework(),
    "throughput": lambda _: throughput(compared_speed(bench_frame(benches()))),
    "time_shares": lambda _: time_shares(compared_speed(bench_frame(benches()))),
    "switch_costs": lambda _: switch_costs(switched(bench_frame(benches()))),
    "scaling": lambda _: scaling(newest(sweep_frame(benches()))),
    "histograms": lambda record: histograms([compared(record, method) for method in ("snn", "ckdsnn", "samd-count")]),
    "distances": lambda record: distances(every_method(compared, record)),
    "gradient_strength": lambda record: gradient_strength(
        [pulled(record, method) for method in ("nld", "ckdsnn-count", "ckdsnn")]
    ),
    "gradient_heat": lambda record: gradient_heat([pulled(record)]),
    "map_bounds": lambda _: map_bounds(bounds()),
    "noise_changes": lambda _: noise_changes(changes()),
    "landscape_curves": lambda record: landscape_curves([bowl(record, m) for m in COMPARED]),
    "landscape_planes": lambda record: landscape_planes([bowl(record, m) for m in COMPARED]),
}
