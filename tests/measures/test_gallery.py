"""The gallery's arrays are the first test images and the maps of the network on them."""

import numpy as np
import pytest
import torch

from ckdsnn.distill.maps import class_activation_map, grad_cam, spike_activation_map
from ckdsnn.measures.gallery import gallery_images, in_parts, student_maps, teacher_maps
from ckdsnn.models import build_student, build_teacher

X, Y = torch.randn(4, 3, 16, 16, generator=torch.Generator().manual_seed(0)), torch.tensor([1, 0, 9, 1])


def test_images_are_kept_as_pictures():
    images = torch.randint(256, (5, 3, 8, 8), dtype=torch.uint8)
    gallery = gallery_images(images, torch.arange(5))
    assert gallery["images"].shape == (5, 8, 8, 3) and gallery["images"].dtype == np.uint8
    assert gallery["images"][3, 2, 1, 0] == images[3, 0, 2, 1]
    assert gallery["labels"].tolist() == list(range(5))


@pytest.mark.parametrize("size", [1, 3, 9])
def test_maps_do_not_depend_on_how_many_are_made_at_once(size):
    model = build_student("resnet8", 10, width=1, timesteps=2)
    whole, parts = student_maps(model, X, Y), in_parts(student_maps, model, X, Y, size)
    assert whole.keys() == parts.keys()
    np.testing.assert_allclose(whole["sam_steps"].sum(1), whole["sam"], atol=1e-2)
    for name in whole:
        np.testing.assert_allclose(parts[name], whole[name], atol=1e-3)


def as_stored(tensor):
    return tensor.detach().numpy().astype(np.float16)


def test_maps_of_a_teacher():
    model = build_teacher("resnet8", 10, width=1)
    maps = teacher_maps(model, X, Y)
    assert model.training, "its mode is restored"
    logits, stages = model.eval()(X)
    assert maps.keys() == {"teacher_logits", "cam"}
    np.testing.assert_array_equal(maps["teacher_logits"], as_stored(logits))
    np.testing.assert_array_equal(maps["cam"], as_stored(class_activation_map(stages[-1], model.head_weight, Y)))


def test_maps_of_a_student():
    model = build_student("resnet8", 10, width=1, timesteps=3)
    model(X)  # one training step's statistics, so that some neurons fire
    maps = student_maps(model, X, Y)
    assert model.training, "its mode is restored"
    logits, stages = model.eval()(X)
    assert maps.keys() == {"logits", "sam", "grad_cam", "sam_steps"}
    np.testing.assert_array_equal(maps["sam_steps"][:, 1], stages[-1][1].sum(1).detach().numpy())
    np.testing.assert_array_equal(maps["logits"], as_stored(logits))
    np.testing.assert_array_equal(maps["sam"], spike_activation_map(stages[-1]).detach().numpy())
    np.testing.assert_array_equal(maps["grad_cam"], as_stored(grad_cam(model, X, Y)))


def test_spike_counts_of_the_widest_network_are_exact_in_float16():
    assert np.float16(4 * 512) == 2048 and np.float16(4 * 512 - 1) == 2047
