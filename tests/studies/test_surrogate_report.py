"""What another surrogate changes: the numbers of figure, table and answer are the study's."""

from dataclasses import replace

import numpy as np
from matplotlib.colors import to_hex

from ckdsnn.studies.surrogate.report import (
    PLACES,
    SURROGATES,
    answer,
    likenesses,
    surrogate_curves,
)
from tests.report.examples import WIDTHS, readable, surrogates


def changed(record, place, numbers):
    """The example with these [correlation, error, shuffled] for every surrogate at one place."""
    study = surrogates(record, "kd")
    return replace(study, values=study.values | {f"{shape}.{place}": [numbers] * len(WIDTHS) for shape in SURROGATES})


def test_lines_are_correlations_over_the_width_with_their_errors(record):
    study = surrogates(record)
    chart = surrogate_curves(study)
    for j, (axes, (place, title)) in enumerate(zip(chart.figure.axes, PLACES.items(), strict=True)):
        lines = {to_hex(line.get_color()): line for line in axes.lines if len(line.get_xdata())}
        bars = {to_hex(bars.get_color()[0]): bars.get_segments() for bars in axes.collections}
        for shape, (_, colour) in SURROGATES.items():
            correlations = np.array(study.values[f"{shape}.{place}"])[:, 0]
            np.testing.assert_allclose(lines[colour.lower()].get_xydata(), np.transpose([WIDTHS, correlations]))
            np.testing.assert_allclose([np.ptp(ends[:, 1]) / 2 for ends in bars[colour.lower()]], 0.01)
        assert readable(axes.get_title()) == f"{title}\n(shuffled: {0.1 * j:.2f})" and axes.get_xscale() == "log"
    assert [text.get_text() for text in chart.figure.legends[0].get_texts()] == [s for s, _ in SURROGATES.values()]


def test_every_number_has_its_row(record):
    studies = [surrogates(record, method) for method in ("snn", "kd")]
    rows = likenesses(studies)
    assert len(rows) == 2 * len(PLACES) * len(SURROGATES) * len(WIDTHS)
    for study in studies:
        own = rows[rows["id"] == study.id].query("shape == 'sigmoid' and place == 'stage2'")
        np.testing.assert_allclose(own[["correlation", "error", "shuffled"]], study.values["sigmoid.stage2"])
        assert own["width"].tolist() == WIDTHS


def test_where_even_the_least_alike_is_the_same_nothing_changes(record):
    study = changed(record, "stage3", [1.0, 0.0, 0.3])
    assert answer([study]).endswith("at the last one no, it stays the same.")


def test_the_answer_ranges_over_students(record):
    told = answer([surrogates(record), changed(record, "stage1", [0.55, 0.01, 0.2])])
    assert "0.55 to 0.81" in told and "0.00 to 0.20" in told
    assert "not at all" not in told


def test_what_was_not_finite_is_told_as_such(record):
    blank = changed(record, "stage3", [None] * 3)
    assert "correlates – with" in answer([blank]) and "the same" not in answer([blank])
