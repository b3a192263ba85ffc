"""Tables and sentences of the studies of maps: their numbers are the studies'."""

from dataclasses import replace

import numpy as np
import pytest

from ckdsnn.analysis.agreement import Agreement
from ckdsnn.report.studies.reliability_tables import (
    Estimate,
    advantage,
    faithfulness_table,
    likenesses,
    score,
    surrogate_table,
)
from ckdsnn.report.studies.reliability_words import agreement_findings, findings, summary
from ckdsnn.report.style import MAPS, PLACES
from tests.report.examples import faithfulness, readable, study_of, surrogates


def said(study):
    """The sentences, each on one line."""
    return readable(findings(study)).splitlines()


def rows_of(table):
    return [[readable(cell) for cell in row] for row in table.rows]


def with_scores(study, **scores):
    values = study.values | {f"{kind}.score": list(values) for kind, values in scores.items()}
    return replace(study, values=values)


def test_an_estimate_is_a_mean_over_images_with_its_standard_error(record):
    study = with_scores(faithfulness(record), sam=(0.1, 0.2, 0.6))
    assert score(study, "sam") == pytest.approx((0.3, 0.1527525))  # sd 0.2645751 over the root of 3
    assert readable(Estimate(0.3, 0.1527525).text()) == "0.300 ± 0.153"
    assert readable(Estimate(0.3, 0.1527525).text("+.2f")) == "+0.30 ± 0.15"


def test_an_advantage_is_taken_image_by_image(record):
    study = with_scores(faithfulness(record), sam=(0.1, 0.5), random=(0.0, 0.3))
    assert advantage(study, "sam", "random") == pytest.approx((0.15, 0.05))


def test_the_table_has_a_row_for_each_student_and_map(record):
    table = faithfulness_table("maps", "Maps", [faithfulness(record, method) for method in ("snn", "kd")])
    assert [row[:2] for row in table.rows] == [[student, label] for student in ("SNN, no distillation", "KD")
                                               for label, _ in MAPS.values()]  # fmt: skip
    rows = dict(zip(MAPS, rows_of(table), strict=False))
    assert rows["sam"][2:] == ["0.050 ± 0.050", "–", "0.00 ± 0.02", "0.00"]
    assert rows["random"][2:] == ["0.400 ± 0.050", "+0.350 ± 0.000", "0.70 ± 0.02", "0.35"]
    assert rows["teacher_cam"][4:] == ["–", "–"]


def test_the_trained_surrogate_is_not_compared_with_itself(record):
    found = likenesses(surrogates(record), "stage1")
    assert len(found) == 4 * 3 - 1 and ("triangle", 1) not in [one[:2] for one in found]
    assert found[0].name in ("arctangent of width 0.5", "arctangent of width 2")
    assert found[0].correlation == pytest.approx((1 - 9 / 50 - 1 / 100, 0.01)) and found[0].shuffled == 0
    means = [one.correlation.mean for one in found]
    assert means == sorted(means)


def test_where_even_the_least_alike_is_the_same_every_surrogate_is(record):
    study = surrogates(record)
    same = {name: [[1.0, 0.0, 0.3]] * 3 for name in study.values if name.endswith(".stage3")}
    study = study_of(record, "surrogate", "snn", 0, study.settings, study.values | same)
    assert rows_of(surrogate_table("bumps", "Bumps", [study]))[-1][2:] == ["1.000 ± 0.000", "any", "1.000", "0.30"]
    assert said(study)[-1].endswith("stage 3, the last: 1.000 ± 0.000 (any).")


def test_the_table_of_surrogates_has_the_least_and_the_mean(record):
    study = surrogates(record)
    (*_, last) = rows = rows_of(surrogate_table("bumps", "Bumps", [study]))
    assert [row[1] for row in rows] == list(PLACES.values())
    assert rows[0][2] == "0.810 ± 0.010"
    mean = sum(one.correlation.mean for one in likenesses(study, "stage3")) / 11
    assert last[4:] == [f"{mean:.3f}", "0.30"]


def test_the_highest_score_is_told_and_what_is_not_apart(record):
    study = with_scores(faithfulness(record), sam=(0.30, 0.32), grad_cam=(0.5, 0.7), centre=(0.2, 0.42))
    title, best, rivals, other, agreement = said(study)
    assert title == "SNN, no distillation:"
    assert best == "- Highest ROAD score: Grad-CAM, last stage, 0.600 ± 0.100. SAM: 0.310 ± 0.010."
    assert "; Centred Gaussian +0.000 ± 0.100 (not told apart); Random -0.090 ± 0.040." in rivals
    assert other.endswith("by another surrogate: -0.050 ± 0.000.")
    assert agreement.endswith("SAM 0.00, that of another image 0.00, a centred Gaussian 0.60.")


def test_the_least_similar_surrogate_is_told_at_each_place(record):
    _, difference, places = said(surrogates(record))
    assert difference.endswith("to a logit or to a SAM: 0.")
    assert "stage 1: 0.810 ± 0.010 (arctangent of width" in places and "stage 3, the last: 0.990" in places


def test_values_that_were_not_finite_are_told_as_such(record):
    study = surrogates(record)
    blank = {name: [[None] * 3] * 3 for name in study.values if name.endswith("stage3")}
    settings = study.settings
    told = said(study_of(record, "surrogate", "snn", 0, settings, study.values | blank))
    assert "stage 3, the last: nan ± nan" in told[-1]


def test_the_summary_answers_for_all_students(record):
    students = ("snn", "kd")
    told = summary(*([make(record, method) for method in students] for make in (faithfulness, surrogates)))
    surrogate, centre = told.splitlines()
    assert "0.81 at stage 1 (maps of two images: 0.00), 0.87 at stage 2 (maps of two images: 0.10)" in surrogate
    assert "correlate by 0.00; a centred Gaussian, which knows no image, by 0.60." in centre
    assert centre.endswith("for 2 of 2 students.")


def test_the_summary_ranges_over_students(record):
    other = faithfulness(record, "kd")
    other = replace(other, values=other.values | {"sam.agreement": [0.7, 0.02, 0.1]})
    told = summary([faithfulness(record), other], [surrogates(record)])
    assert "correlate by 0.00 to 0.70" in told and told.endswith("for 1 of 2 students.")


def test_agreements_are_told_beyond_those_of_shuffled_pairs():
    found = {"SAM": {"snn": Agreement(np.array([0.5, 0.3]), np.array([0.2, 0.2])),
                     "kd": Agreement(np.array([0.6, 0.6]), np.array([0.1, 0.1]))}}  # fmt: skip
    assert agreement_findings(found) == (
        "- SAM, correlation minus that of shuffled pairs, 2 images: KD +0.50; SNN, no distillation +0.20."
    )
