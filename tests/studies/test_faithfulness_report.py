"""What maps show: the numbers of figures and answer are the study's."""

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.colors import to_hex
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


def test_scores_are_means_over_images_and_gains_are_taken_image_by_image(record):
    scores = {"sam": (0.1, 0.6), "random": (0.0, 0.1), "centre": (0.1, 0.4)}
    rows = map_frame([with_scores(faithfulness(record), **scores)]).set_index("map")
    for kind, own in scores.items():
        gain = np.subtract(own, scores["sam"])
        expected = [2, np.mean(own), sem(own), gain.mean(), sem(gain)]
        found = rows.loc[kind, ["images", "score", "score_error", "gain", "gain_error"]]
        np.testing.assert_allclose(found.astype(float), expected)
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


@pytest.mark.parametrize(
    ("grad_cam", "centre", "verdicts"),
    [
        ((0.5, 0.5), (0.2, 0.42), ("better", "neither clearly better nor clearly worse")),
        ((0.1, 0.1), (0.5, 0.5), ("worse", "worse")),
        ((0.2, 0.4), (0.1, 0.1), ("neither clearly better nor clearly worse", "better")),
    ],
)
def test_the_answer_tells_apart_only_what_two_standard_errors_part(record, grad_cam, centre, verdicts):
    study = with_scores(faithfulness(record), sam=(0.30, 0.32), grad_cam=grad_cam, centre=centre)
    told = readable(answer([study]))
    assert f"last stage does it {verdicts[0]} than the SAM" in told
    assert f"SAM does it {verdicts[1]} than a centred Gaussian" in told
    assert f"{np.mean(grad_cam) - 0.31:+.3f} ± {sem(np.subtract(grad_cam, (0.30, 0.32))):.3f}" in told


def test_the_answer_needs_all_students(record):
    one = with_scores(faithfulness(record), sam=(0.3, 0.32), grad_cam=(0.5, 0.5))
    other = with_scores(faithfulness(record, "kd"), sam=(0.3, 0.32), grad_cam=(0.1, 0.1))
    assert "does it better than the SAM" in answer([one])
    assert "does it neither clearly better nor clearly worse than the SAM" in answer([one, other])
