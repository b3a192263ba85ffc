"""The study of maps: each kind is what it is called, on one grid, and its numbers are those of a slow way."""

import numpy as np
import pytest
import torch

from ckdsnn.distill.maps import grad_cam, spike_activation_map
from ckdsnn.report.labels import MAPS
from ckdsnn.studies.faithfulness.measure import all_maps, blind_maps, faithfulness
from ckdsnn.studies.faithfulness.road import REMOVED, road
from ckdsnn.studies.study import study
from ckdsnn.studies.surrogate.measure import FAR, IMAGES, differentiated_by, make_surrogate
from tests.networks import lively_subject

COUNT = 4
SUBJECT = lively_subject(COUNT)
X, _ = SUBJECT.test_images(COUNT)
Y = SUBJECT.network(X).logits.argmax(1)


@pytest.fixture(scope="module")
def maps():
    return all_maps(SUBJECT.network, SUBJECT.teacher, X, Y)


@pytest.fixture(scope="module")
def found():
    settings, values = faithfulness(SUBJECT)
    return settings, {name: np.array(value) for name, value in values.items()}


def pooled(maps):
    """[N, 16, 16] -> [N, 4, 4], by means of squares of 4 x 4 cells."""
    return maps.unflatten(1, (4, 4)).unflatten(3, (4, 4)).mean((2, 4))


def test_all_kinds_lie_on_the_last_stages_grid(maps):
    assert set(maps) == set(MAPS), "each has a label and a colour"
    assert {tuple(cells.shape) for cells in maps.values()} == {(COUNT, 4, 4)}


def test_each_kind_is_what_it_is_called(maps):
    student, teacher = SUBJECT.network, SUBJECT.teacher
    stages = student(X).stages
    with differentiated_by(student, make_surrogate(*FAR)):
        far = grad_cam(student, X, Y, 0)
    slow = {
        "sam": spike_activation_map(stages[-1]),
        "grad_cam": grad_cam(student, X, Y, -1),
        "sam_first": pooled(spike_activation_map(stages[0])),
        "grad_cam_first": pooled(grad_cam(student, X, Y, 0)),
        "grad_cam_far": pooled(far),
        "teacher_cam": 16 * grad_cam(teacher, X, Y, -1),
    }
    for kind, cells in slow.items():
        torch.testing.assert_close(maps[kind], cells.detach(), rtol=1e-4, atol=1e-6, msg=kind)
    assert not torch.allclose(maps["grad_cam_first"], maps["grad_cam_far"])


def test_the_gaussian_lies_in_the_middle_and_chance_knows_no_image():
    blind = blind_maps(torch.zeros(3, 5, 7))
    centre = blind["centre"][1]
    assert centre[2, 3] == 1 == centre.max() and torch.equal(centre, centre.flip(0, 1))
    assert centre[2, 0] == pytest.approx(np.exp(-2)), "the edge lies two standard deviations from the middle"
    assert centre[0, 0] == centre.min() == pytest.approx(np.exp(-4))
    assert not torch.equal(blind["random"][0], blind["random"][1])


def test_scores_are_made_of_the_curves(found):
    settings, values = found
    assert settings == {"images": COUNT, "removed": list(REMOVED)}
    for kind in MAPS:
        most, least, scores = (values[f"{kind}.{part}"] for part in ("most", "least", "score"))
        assert most.shape == least.shape == (2, len(REMOVED)) and scores.shape == (COUNT,)
        assert (most >= 0).all() and (least >= 0).all() and most[0].max() <= 1
        assert scores.mean() == pytest.approx(((least[0] - most[0]) / 2).mean(), abs=1e-4)


def test_curves_are_those_of_the_kinds_own_maps(found, maps):
    """The Gaussian's are drawn by no chance but the noise of the holes."""
    left = road(SUBJECT.network, X, Y, maps["centre"])
    for order, name in zip(left, ("most", "least"), strict=True):
        np.testing.assert_allclose(found[1][f"centre.{name}"][0], order.mean(1), atol=0.02)


def test_confidence_is_that_of_the_predicted_class(found):
    sure = SUBJECT.network(X).logits.softmax(1).amax(1).detach().numpy()
    assert found[1]["confidence"] == pytest.approx([sure.mean(), sure.std(ddof=1) / np.sqrt(COUNT)], rel=1e-4)


def test_agreement_is_the_mean_correlation_with_the_teachers_map(found, maps):
    sam, theirs = maps["sam"].numpy(), maps["teacher_cam"].numpy()
    pairs = np.array([[np.corrcoef(a.ravel(), b.ravel())[0, 1] for b in theirs] for a in sam])
    matched, others = np.diag(pairs), pairs[~np.eye(COUNT, dtype=bool)]
    expected = [matched.mean(), matched.std(ddof=1) / np.sqrt(COUNT), others.mean()]
    assert found[1]["sam.agreement"] == pytest.approx(expected, abs=1e-6)
    assert "teacher_cam.agreement" not in found[1]


def test_the_study_is_the_same_every_time_and_leaves_the_random_state_alone(found):
    torch.manual_seed(5)
    before = torch.get_rng_state()
    _, again = faithfulness(SUBJECT)
    np.testing.assert_array_equal(again["random.score"], found[1]["random.score"])
    assert torch.equal(torch.get_rng_state(), before)


def test_a_trained_student_is_studied_by_name(record, copy_of_results, monkeypatch, tmp_path):
    monkeypatch.setitem(IMAGES, "smoke", 2)
    made = study("faithfulness", record.id, copy_of_results(tmp_path))
    assert made.settings["images"] == 2 and len(made.values["sam.score"]) == 2
