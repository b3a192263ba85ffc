"""Identities on a trained student, and the numbers that the theory's figures are drawn from."""

import numpy as np
import pytest
import torch

from ckdsnn.distill import samd_loss
from ckdsnn.distill.maps import map_range, scale_saliency
from ckdsnn.studies.subject import find_subject
from ckdsnn.studies.theory.measure import (
    NOISES,
    POSSIBLE,
    REACHED,
    UNIFORM,
    against_bounds,
    gaussian_like,
    identities,
    logits_moved,
    noise_effects,
    random_maps,
)
from ckdsnn.studies.theory.predictions import cell_bounds, entropy_changes, loss_limit


@pytest.fixture(scope="module")
def subject(record, results):
    return find_subject(record, results / "none", results)


def test_a_subject_is_found_and_shows_the_gallery_as_the_test_images_it_is(subject, record, results):
    assert subject.out == results and find_subject(record, results, "elsewhere").out == results
    images, labels = subject.gallery()
    x, y = subject.test_images(len(labels))
    assert len(labels) == 64 and torch.equal(labels, y)
    torch.testing.assert_close(images, x)


def test_all_identities_hold_on_a_trained_student(subject):
    found = identities(subject)
    assert len(found) == 6
    for statement, deviation in found.items():
        assert deviation < 1e-10, statement


def test_a_network_stays_as_it_was(subject):
    before = [p.clone() for p in subject.network.parameters()]
    identities(subject)
    assert subject.network.head_weight.dtype == torch.float32 and not subject.network.training
    assert all(torch.equal(old, new) for old, new in zip(before, subject.network.parameters(), strict=True))


def test_spikes_that_follow_samd_leave_the_logits_of_any_head_that_pools():
    torch.manual_seed(0)
    spikes, teacher = (torch.rand(2, 3, 5, 4, 4) < 0.3).double(), torch.rand(3, 4, 4).double()
    head, labels = torch.nn.Linear(5, 10).double(), torch.tensor([1, 2, 3])
    assert logits_moved(spikes, teacher, labels, head) < 1e-12


def test_noise_effects_are_the_changes_of_every_source_under_every_noise():
    logits = torch.randn(5, 10).double()
    found = noise_effects({"one": logits, "two": 2 * logits}, 7)
    assert len(found) == 2 * len(NOISES) * 7 * 5
    for noise, nld in NOISES.items():
        own = found[(found["logits"] == "two") & (found["noise"] == noise)]
        own = own.pivot(index="draw", columns="image", values="change")
        np.testing.assert_array_equal(own, entropy_changes(2 * logits, 7, **nld))


def test_gaussian_logits_are_as_wide():
    logits = torch.tensor([[1.0, 9.0], [0.0, 1.0]]).repeat(1, 500)
    ratio = gaussian_like(logits).std(1) / logits.std(1)
    torch.testing.assert_close(ratio, torch.ones(2), atol=0.08, rtol=0)


def test_bounds_and_what_occurs_stand_side_by_side():
    student, teacher = (map_range(maps, "sample") for maps in random_maps(torch.zeros(6, 4, 5).double()))
    found = against_bounds({"random": (student, teacher)}, (0.5, 2.0)).set_index(["temperature", "maps"])
    for temperature in (0.5, 2.0):
        possible, reached, uniform, own = (found.loc[temperature, m] for m in (POSSIBLE, REACHED, UNIFORM, "random"))
        assert (possible["least"], possible["largest"]) == cell_bounds(20, temperature)
        assert uniform["least"] == uniform["largest"] == 1 / 20
        loss = samd_loss(student, teacher, temperature, temperature_squared=False).item()
        assert own["kl"] == pytest.approx(loss) and loss < reached["kl"] < possible["kl"]
        shares = scale_saliency(torch.cat([student, teacher]), "softmax", temperature)
        assert (own["least"], own["largest"]) == (shares.min().item(), shares.max().item())
        assert own["limit"] == pytest.approx(loss_limit(student, teacher).mean().item())


def test_random_maps_are_two_different_sets_from_0_to_1():
    one, other = random_maps(torch.zeros(6, 4, 5).double())
    assert one.shape == other.shape == (6, 4, 5) and not torch.equal(one, other)
    assert min(one.min(), other.min()) >= 0 and max(one.max(), other.max()) <= 1
