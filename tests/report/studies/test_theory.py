"""Bounds, noise and identities: what is drawn and told is what was given."""

import numpy as np
import torch

from ckdsnn.report.studies.theory_plots import map_bounds, noise_changes
from ckdsnn.report.studies.theory_tables import bound_table, identity_table, noise_table
from ckdsnn.report.studies.theory_words import noise_findings, noise_sizes, share_findings
from tests.report.examples import HEATS, bounds, changes, readable


def test_measured_shares_and_divergences_lie_beside_their_bounds():
    found = bounds()
    cells, losses = map_bounds(found).axes
    dashed = [line for line in cells.lines if line.get_linestyle() == "--"]
    np.testing.assert_array_equal(np.transpose([line.get_ydata() for line in dashed]), found["cells"])
    bound, reached, *measured = losses.lines
    np.testing.assert_array_equal(bound.get_ydata(), found["bound"])
    np.testing.assert_array_equal(reached.get_ydata(), found["reached"])
    assert [line.get_label() for line in measured] == list(found["measured"])
    for line, own in zip(measured, found["measured"].values(), strict=True):
        np.testing.assert_array_equal(line.get_ydata(), own["kl"])
        extremes = [other for other in cells.lines if other.get_color() == line.get_color()]
        np.testing.assert_array_equal(np.transpose([other.get_ydata() for other in extremes]), own["cells"])
    for axes in (cells, losses):
        assert [label.get_text() for label in axes.get_xticklabels()] == [f"{heat:g}" for heat in HEATS]
        assert axes.get_xscale() == axes.get_yscale() == "log"


def test_noise_boxes_are_the_quartiles_of_all_draws_and_diamonds_their_means():
    found = changes()
    (axes,) = noise_changes(found).axes
    medians = [line for line in axes.lines if line.get_linewidth() == 2.5]
    diamonds = [line for line in axes.lines if line.get_marker() == "D"]
    values = [by_noise[noise].flatten().numpy() for by_noise in found.values() for noise in by_noise]
    np.testing.assert_allclose([line.get_ydata()[0] for line in medians], [np.median(v) for v in values], rtol=1e-5)
    means = np.concatenate([line.get_ydata() for line in diamonds])
    np.testing.assert_allclose(means, [v.mean() for v in values], rtol=1e-5, atol=1e-7)
    places = np.concatenate([line.get_xdata() for line in diamonds])
    np.testing.assert_allclose(sorted(places.round()), [0, 0, 1, 1, 2, 2])
    assert [label.get_text() for label in axes.get_xticklabels()] == list(next(iter(found.values())))


def test_the_noise_table_has_the_mean_and_the_deviation_of_one_image():
    own = torch.tensor([[0.0, 1.0], [0.2, 1.4]])
    table = noise_table("name", "caption", {"one": {"λ = 0.1\n(paper)": own}, "two": {"λ = 0.1\n(paper)": -own}})
    assert table.header == ["Noise", "Logits: one", "Logits: two"]
    deviation = (0.2 + 0.4) / 2 / 2**0.5
    (row,) = table.rows
    assert list(map(readable, row)) == ["λ = 0.1 (paper)", f"+0.6500 ± {deviation:.3f}", f"-0.6500 ± {deviation:.3f}"]


def test_noise_is_said_to_smooth_only_where_the_entropy_rises():
    own = torch.tensor([[0.5, -1.0], [0.3, -1.4]])
    found = {"the student's": {"λ = 0.1\n(paper)": own, "λ = 1": -own}}
    paper, double = noise_findings(found, "the student's").split("\n- ")
    flat = " ".join(paper.split())
    assert "λ = 0.1 (paper), the student's logits: entropy falls by 0.4000 nat" in flat
    assert flat.endswith("smoother on average on 50 % of the images.")
    assert "entropy rises by 0.4000 nat" in " ".join(double.split())


def test_few_cells_hold_most_of_the_share():
    shares = np.array([[0.1, 0.6, 0.2, 0.1], [0.25, 0.25, 0.25, 0.25]])
    told = " ".join(share_findings({"counts": shares}).split())
    assert told == (
        "- counts: the largest of 4 cells has 42 % of the share, and 80 % of it lie in 3 cells; means over 2 images."
    )


def test_noise_is_told_beside_the_logits_deviation():
    logits = np.array([[0.0, 4.0, 8.0], [0.0, 2.0, 4.0]])  # deviations 4 and 2
    own, adaptive, fixed = noise_sizes(logits, 0.1, (0.5, 10)).split("\n- ")
    assert own.endswith("classes: 3.00, mean over 2 images.") and "0.30 (10% of the" in adaptive
    assert fixed.endswith("0.5: 0.05 (2%); 10: 1 (33%).")


def test_the_bound_table_is_at_the_papers_temperature():
    first, *others = bound_table("name", "caption", bounds()).rows
    assert first == ["possible", "0.0100", "0.5000", "0.5000", "2.0000", "–"]
    assert [row[0] for row in others] == list(bounds()["measured"])
    assert others[0][1:] == ["0.0200", "0.4500", "0.0050", "0.0200", "0.0700"]


def test_the_identity_table_has_a_row_a_statement():
    assert identity_table("name", "caption", {"it holds": 2.3e-16}).rows == [["it holds", "2e-16"]]
