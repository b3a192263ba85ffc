"""Every figure of the package, drawn from examples, and those of the book's suites, from the committed records."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pandas as pd
import yaml

from ckdsnn.analysis import cells as loading
from ckdsnn.analysis.alignment import aligned
from ckdsnn.analysis.cells import Cells, of_setting
from ckdsnn.recipe.methods import METHODS
from ckdsnn.records import Record
from ckdsnn.records.bench import bench_frame, load_benches, sweep_frame
from ckdsnn.records.study import Study, find_studies
from ckdsnn.report.agreement import agreements, alignment_figure
from ckdsnn.report.chart import Chart
from ckdsnn.report.conditions import over_time, within_figure
from ckdsnn.report.energy import accuracy_against_energy, firing_rates
from ckdsnn.report.framework import framework
from ckdsnn.report.maps import explanation, map_gallery, sam_growth
from ckdsnn.report.plots import cell_shares, loss_terms, smoothed_probabilities, training_curves
from ckdsnn.report.speed import compared as compared_speed
from ckdsnn.report.speed import newest, scaling, speedups, switch_costs, switched, time_shares
from ckdsnn.report.suites import accuracy_figure, pair_figure, pairs_of, suite_figure
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


def gallery() -> Chart:
    """Eight CIFAR-10 pictures with the rows that have the longest labels."""
    rows = {"Teacher: CAM": ("cam", maps(8))}
    rows |= {f"SAM: {STYLES[method][0]}": ("sam", maps(8)) for method in ("snn", "ckdsnn")}
    return map_gallery(pictures(8), CLASSES[:8], rows | {"Student: Grad-CAM": ("grad_cam", maps(8))})


def runs(suite: str, record: Record):
    """Three seeds of every method of a suite."""
    return Cells(suite_cells(suite, "reduced", record)).frame()


OVER_TIME = [("nld", "snn"), ("ckdsnn-count", "nld"), ("ckdsnn", "nld")]
COMPARED = ("snn", "kd", "ckdsnn-count", "ckdsnn", "samd-count")

FIGURES: dict[str, Callable[[Record], Chart]] = {  # the function that draws it, and of what if there are several
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
    "suite_figure": lambda record: suite_figure(runs("released", record), "ckdsnn-count"),
    "accuracy_figure": lambda record: accuracy_figure(runs("noise", record), "kd"),
    "pair_figure": lambda record: pair_figure(runs("rivals", record), [("ckdsnn", "kd"), ("ckdsnn-beta30", "bkd")]),
    "accuracy_against_energy": lambda record: accuracy_against_energy(Cells(over_time_cells(record)).frame()),
    "firing_rates": lambda record: firing_rates(Cells(cells_of(record, {m: [50.0] for m in METHODS})).records.layers()),
    "within_figure": lambda record: within_figure(runs("timesteps", record), OVER_TIME, "T = 1"),
    "over_time": lambda record: over_time(runs("timesteps", record)),
    "road_curves": lambda record: road_curves(faithfulness(record)),
    "map_scores": lambda record: map_scores(
        [faithfulness(record, method) for method in ("snn", "kd", "ckdsnn-count", "ckdsnn")]
    ),
    "map_scores, one": lambda record: map_scores([faithfulness(record)]),
    "surrogate_curves": lambda record: surrogate_curves(surrogates(record)),
    "framework": lambda _: Chart(framework(), pd.DataFrame()),
    "speedups": lambda _: speedups(compared_speed(bench_frame(benches()))),
    "time_shares": lambda _: time_shares(compared_speed(bench_frame(benches()))),
    "switch_costs": lambda _: switch_costs(switched(bench_frame(benches()))),
    "scaling": lambda _: scaling(newest(sweep_frame(benches()))),
    "histograms": lambda record: histograms([compared(record)]),
    "distances": lambda record: distances(every_method(compared, record)),
    "gradient_strength": lambda record: gradient_strength([pulled(record)]),
    "gradient_heat": lambda record: gradient_heat([pulled(record)]),
    "map_bounds": lambda _: map_bounds(bounds()),
    "noise_changes": lambda _: noise_changes(changes()),
    "landscape_curves": lambda record: landscape_curves([bowl(record, m) for m in COMPARED]),
    "landscape_planes": lambda record: landscape_planes([bowl(record, m) for m in COMPARED]),
}

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "results"


@cache  # every figure is drawn more than once
def load_cells(suite: str, tier: str, folder: Path) -> Cells:
    """As the package's."""
    return loading.load_cells(suite, tier, folder)


def committed(suite: str, *baselines: str) -> dict[str, Callable[[Record], Chart]]:
    """Both figures of a suite of the book, as its records are now."""
    return {
        f"{draw.__name__}, {suite}, {baseline}": lambda _, draw=draw, baseline=baseline: draw(
            load_cells(suite, "reduced", RESULTS).frame(), baseline
        )
        for draw in (suite_figure, accuracy_figure)
        for baseline in baselines
    }


def of_pages() -> dict[str, Callable[[Record], Chart]]:
    """The figures of every page of a suite's template, as the records are now."""
    found = {}
    for page in sorted((ROOT / "notebooks").glob("*.md")):
        told = yaml.safe_load(page.read_text().split("---\n")[1])["parameters"]

        def cells(told=told):
            all_of = load_cells(told["suite"], told.get("tier", "reduced"), RESULTS)
            return (of_setting(all_of, told["setting"]) if "setting" in told else all_of).frame()

        name, baseline, pairs = told["suite"], told["baseline"], pairs_of(told["pairs"])
        found[f"suite_figure, {name}"] = lambda _, cells=cells, baseline=baseline: suite_figure(cells(), baseline)
        found[f"accuracy_figure, {name}"] = lambda _, cells=cells, baseline=baseline: accuracy_figure(cells(), baseline)
        found[f"pair_figure, {name}"] = lambda _, cells=cells, pairs=pairs: pair_figure(cells(), pairs)
    return found


FIGURES |= of_pages() | committed("ranges", "nld") | committed("noise", "kd") | committed("spikformer", "snn")
FIGURES |= committed("events", "snn") | committed("simulated", "cifar10-events-snn")
FIGURES |= {
    "within_figure, timesteps": lambda _: within_figure(
        load_cells("timesteps", "reduced", RESULTS).frame(), OVER_TIME, "T = 1"
    ),
    "over_time, committed": lambda _: over_time(load_cells("timesteps", "reduced", RESULTS).frame()),
    "accuracy_against_energy, timesteps": lambda _: accuracy_against_energy(
        load_cells("timesteps", "reduced", RESULTS).frame()
    ),
    "within_figure, conditions": lambda _: within_figure(
        load_cells("conditions", "reduced", RESULTS).frame(),
        [("ckdsnn-beta10", "nld"), ("ckdsnn-beta30", "nld")],
        "as in the other suites",
    ),
    "alignment_figure": lambda _: alignment_figure(
        aligned(load_cells("ranges", "reduced", RESULTS), RESULTS), ["nld", "ckdsnn", "ckdsnn-count-beta0.016"]
    ),
}


def studied(kind: str, methods: str = "", seeds: int = 3) -> list[Study]:
    """The committed studies of a kind: of these methods, or of all, and of the first seeds."""
    cells = load_cells("components", "reduced", RESULTS)
    wanted = cells.only(methods.split()) if methods else cells
    return [study for study in find_studies(kind, wanted.records, RESULTS) if study.seed < seeds]


FIGURES |= {
    "histograms, committed": lambda _: histograms(studied("distributions", "snn ckdsnn ckdsnn-count", 1)),
    "distances, committed": lambda _: distances(studied("distributions")),
    "road_curves, committed": lambda _: road_curves(studied("faithfulness", "ckdsnn", 1)[0]),
    "map_scores, committed": lambda _: map_scores(studied("faithfulness", "snn ckdsnn", 1)),
    "surrogate_curves, committed": lambda _: surrogate_curves(studied("surrogate", "ckdsnn", 1)[0]),
    "gradient_strength, committed": lambda _: gradient_strength(studied("gradients", "nld ckdsnn ckdsnn-count")),
    "gradient_heat, committed": lambda _: gradient_heat(studied("gradients", "nld")),
    "landscape_curves, committed": lambda _: landscape_curves(studied("landscape", "snn ckdsnn ckdsnn-count")),
    "landscape_planes, committed": lambda _: landscape_planes(studied("landscape", "snn ckdsnn ckdsnn-count", 1)),
    **{
        f"{draw.__name__}, committed": lambda _, draw=draw, of=of: draw(of(bench_frame(load_benches(RESULTS))))
        for draw, of in ((speedups, compared_speed), (time_shares, compared_speed), (switch_costs, switched))
    },
    "scaling, committed": lambda _: scaling(newest(sweep_frame(load_benches(RESULTS)))),
}
