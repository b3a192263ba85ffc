"""Bounds, noise and identities: what is drawn and told is what was given."""

import numpy as np
import pandas as pd
from matplotlib.colors import to_hex

from ckdsnn.studies.theory.measure import POSSIBLE, REACHED, UNIFORM
from ckdsnn.studies.theory.report import (
    map_bounds,
    noise_changes,
    noise_sizes,
    share_findings,
    smoothed,
)
from tests.report.examples import HEATS, bounds, changes, readable


def test_measured_shares_and_divergences_lie_beside_their_bounds():
    data = bounds()
    figure = map_bounds(data).figure
    shares, losses = figure.axes
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert labels == [POSSIBLE, REACHED, UNIFORM, "real maps, 0 to 1 over the batch (released)", "random maps"]
    lines = [line for line in losses.lines if len(line.get_xdata()) == len(HEATS)]
    drawn = {tuple(line.get_ydata()) for line in lines}
    assert drawn == {tuple(own) for maps, own in data.groupby("maps")["kl"] if maps != UNIFORM}
    extremes = {(to_hex(line.get_color()), *line.get_ydata()) for line in shares.lines if len(line.get_xdata())}
    colour = {
        label: to_hex(line.get_color()) for label, line in zip(labels, figure.legends[0].get_lines(), strict=True)
    }
    for maps, own in data.groupby("maps"):
        for end in ("least", "largest"):
            assert maps == REACHED or (colour[maps], *own[end]) in extremes
    assert [label.get_text() for label in losses.get_xticklabels()] == [f"{heat:g}" for heat in HEATS]
    assert losses.get_xscale() == losses.get_yscale() == shares.get_yscale() == "log"


def test_noise_boxes_are_the_quartiles_of_all_draws_and_diamonds_their_means():
    found = changes()
    chart = noise_changes(found)
    (axes,) = chart.figure.axes
    diamonds = np.concatenate([line.get_xydata() for line in axes.lines if line.get_marker() == "D"])
    groups = found.groupby(["logits", "noise"], sort=False)["change"]
    np.testing.assert_allclose(diamonds[:, 1], [own.mean() for _, own in groups], atol=1e-9)
    np.testing.assert_array_equal(diamonds[:, 0].round(), [0, 1, 2] * 2)
    flat = {round(float(y), 9) for line in axes.lines for y in line.get_ydata()}
    rows = chart.data.set_index(["logits", "noise"])[["2.5%", "25%", "50%", "75%", "97.5%"]]
    for place, own in groups:
        ends = np.percentile(own, [2.5, 25, 50, 75, 97.5])
        np.testing.assert_allclose(rows.loc[place], ends)
        assert {round(float(end), 9) for end in ends[1:4]} <= flat


def of_one_noise(values, noise="λ = 0.1 (paper)", source="one"):
    """Changes [draws, images] as a frame."""
    rows = [(source, noise, *place, value) for place, value in np.ndenumerate(np.array(values))]
    return pd.DataFrame(rows, columns=["logits", "noise", "draw", "image", "change"])


def test_noise_is_said_to_smooth_only_where_the_mean_entropy_of_an_image_rises():
    own = np.array([[0.5, -1.0, -2.0, 9.0], [-0.3, 0.9, -2.0, -10.0]])
    told = smoothed(pd.concat([of_one_noise(own), of_one_noise(-own, "λ = 1"), of_one_noise(own, source="two")]), "one")
    paper, strong = readable(told).split("; ")
    assert "λ = 0.1 (paper) on 25% of the images, with a mean change of -0.6125 nat" in paper
    assert "λ = 1 on 75% of the images, with a mean change of +0.6125 nat" in strong


def test_few_cells_hold_most_of_the_share():
    shares = np.array([[0.1, 0.6, 0.2, 0.1], [0.25, 0.25, 0.25, 0.25]])
    told = share_findings({"counts": shares})
    assert "largest of 4 cells has 42%" in told and "80% of it lie in 3 cells" in told and "2 images" in told


def test_noise_is_told_beside_the_logits_deviation():
    logits = np.array([[0.0, 4.0, 8.0], [0.0, 2.0, 4.0]])  # deviations 4 and 2
    told = noise_sizes(logits, 0.1, (0.5, 10))
    assert "deviation of 3.00, mean over 2 images" in told and told.endswith("0.5: 1.7%; 10: 33.3%.")
