"""What maps show: the numbers of figures and answer are the study's."""

from dataclasses import replace

import numpy as np
from matplotlib.colors import to_hex
from scipy import stats
from scipy.stats import sem

from ckdsnn.report.labels import MAPS
from ckdsnn.studies.faithfulness.report import ORDERS, answer, map_frame, map_scores, road_curves
from tests.report.examples import REMOVED, faithfulness, readable

LABELS = [label for label, _ in MAPS.values()]


def with_scores(study, **scores):
    return replace(study, values=study.values | {f"{kind}.score": list(own) for kind, own in scores.items()})


def drawn_lines(axes):
    """Colour -> the dash, the points and the half lengths of the error bars of each line that has points."""
    bars = {to_hex(bars.get_color()[0]): bars.get_segments() for bars in axes.collections}
    joined = [line for line in axes.lines if len(line.get_xdata()) and line.get_linestyle() != "None"]
    lines = {to_hex(line.get_color()): line for line in joined}
    return {
        colour: (line.is_dashed(), line.get_xydata(), [np.ptp(ends[:, 1]) / 2 for ends in bars[colour]])
        for colour, line in lines.items()
    }


def test_curves_begin_at_the_whole_image_and_show_what_is_left_in_percent(record):
    study = faithfulness(record)
    chart = road_curves(study)
    for axes, (order, title) in zip(chart.figure.axes, ORDERS.items(), strict=True):
        lines = drawn_lines(axes)
        assert axes.get_title() == title and lines.keys() == {colour.lower() for _, colour in MAPS.values()}
        for kind, (label, colour) in MAPS.items():
            dashed, points, lengths = lines[colour.lower()]
            means, errors = np.array(study.values[f"{kind}.{order}"])
            np.testing.assert_allclose(points, np.transpose([[0, *REMOVED], [75, *(100 * means)]]))
            np.testing.assert_allclose(lengths, [2, *(100 * errors)])
            assert dashed == (kind in ("centre", "random")), "dashed: maps that know nothing"
            own = chart.data[(chart.data["map"] == label) & (chart.data["order"] == order)]
            np.testing.assert_allclose(own[["removed", "probability"]], points)
            np.testing.assert_allclose(own["error"], lengths)


def test_scores_are_means_over_images(record):
    scores = {"sam": (0.1, 0.6), "random": (0.0, 0.1), "centre": (0.1, 0.4)}
    rows = map_frame([with_scores(faithfulness(record), **scores)]).set_index("map")
    for kind, own in scores.items():
        found = rows.loc[kind, ["images", "score", "score_error"]]
        np.testing.assert_allclose(found.astype(float), [2, np.mean(own), sem(own)])
    assert rows.index.tolist() == [*MAPS]
    nth = rows.index.get_loc("centre")
    np.testing.assert_allclose(
        rows.loc["centre", ["agreement", "agreement_error", "shuffled"]].astype(float), [nth / 10, 0.02, nth / 20]
    )
    assert rows.loc["teacher_cam", ["agreement", "shuffled"]].isna().all(), "it is not compared with itself"


def test_points_stand_in_the_row_of_their_map_in_their_students_colour(record):
    chart = map_scores([faithfulness(record, method) for method in ("snn", "ckdsnn")])
    scores, agreements = chart.figure.axes
    for axes in (scores, agreements):
        assert [tick.get_text() for tick in axes.get_yticklabels()] == LABELS
    for axes, names in ((scores, ["score"]), (agreements, ["shuffled", "agreement"])):
        points = [line for line in axes.lines if line.get_marker() in "oD" and len(line.get_xdata()) == len(MAPS)]
        rows = [own for name in names for _, own in chart.data.groupby("label", sort=False)[name]]
        assert len(points) == len(rows) == 2 * len(names)
        for line, own in zip(points, rows, strict=True):
            np.testing.assert_allclose(line.get_xdata(), own)
            np.testing.assert_array_equal(np.round(line.get_ydata()), np.arange(len(MAPS)))
    assert "shuffled pairs" in agreements.get_xlabel()


def of_seeds(record, method, sam, grad_cam, centre):
    """A study a seed; each map scores the same on all images."""
    studies = [faithfulness(record, method, seed) for seed in range(len(sam))]
    scores = zip(sam, grad_cam, centre, strict=True)
    return [
        with_scores(
            study, **{kind: [value] * 2 for kind, value in zip(("sam", "grad_cam", "centre"), own, strict=True)}
        )
        for study, own in zip(studies, scores, strict=True)
    ]


def test_the_answer_compares_the_students_means_seed_by_seed(record):
    sam, better, blind = (0.30, 0.32, 0.31), (0.35, 0.38, 0.35), (0.31, 0.31, 0.30)
    told = readable(answer(of_seeds(record, "snn", sam, better, blind)))
    low, high = stats.ttest_rel(better, sam).confidence_interval()
    gain = np.mean(np.subtract(better, sam))
    assert f"last stage is better than the SAM ({gain:+.3f} [{low:+.3f}, {high:+.3f}], n = 3" in told
    assert "It is not shown that the SAM is better than a centred Gaussian" in told
    assert "last stage is worse than the SAM" in readable(answer(of_seeds(record, "snn", better, sam, blind)))
    both = [*of_seeds(record, "snn", sam, better, blind), *of_seeds(record, "kd", sam, sam, blind)]
    assert f"({gain / 2:+.3f} [" in readable(answer(both)) and "2 students of each seed" in answer(both)


def test_one_seed_gives_no_verdict(record):
    assert "Too few runs are on record to tell whether Grad-CAM" in answer([faithfulness(record)])
