"""The reference computes what the package computes, in values and gradients, and has the released form's defect."""

import pytest
import torch
from torch.nn import functional as F

from ckdsnn.bench.reference import ReferenceStudent, reference_loss
from ckdsnn.distill import nld_loss, samd_loss
from ckdsnn.distill.maps import class_activation_map, map_range, spike_activation_map
from ckdsnn.models import Features, build_student

CLASSES = 5


@pytest.fixture(autouse=True)
def seeded():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        yield


@pytest.mark.parametrize("last_activation", ["spike", "relu"])
@pytest.mark.parametrize("timesteps", [1, 3])
def test_values_and_gradients_are_those_of_the_students(timesteps, last_activation):
    student = build_student("resnet8", CLASSES, width=1, timesteps=timesteps, last_activation=last_activation).double()
    reference = ReferenceStudent(student)
    images = torch.randn(4, 3, 16, 16, dtype=torch.float64)
    ours, theirs = student(images), reference(images)
    torch.testing.assert_close(theirs, ours)
    assert ours.stages[-1].count_nonzero() > 0
    for features in (ours, theirs):
        (features.logits.sin().sum() + sum(stage.cumsum(0).sin().sum() for stage in features.stages)).backward()
    found = {name.replace(".layer.", "."): p.grad for name, p in reference.named_parameters()}
    torch.testing.assert_close(found, {name: p.grad for name, p in student.named_parameters()})
    assert all(gradient.abs().max() > 0 for gradient in found.values())


def test_the_reference_is_a_copy():
    student = build_student("resnet8", CLASSES, width=1, timesteps=2)
    before = {name: value.clone() for name, value in student.state_dict().items()}
    ReferenceStudent(student)(torch.randn(2, 3, 16, 16))
    torch.testing.assert_close(student.state_dict(), before, rtol=0, atol=0)


def made_up(*steps):
    """Features of four images, with a graph."""
    logits = torch.randn(4, CLASSES, dtype=torch.float64, requires_grad=True)
    return Features(logits, (torch.rand(*steps, 4, 6, 8, 8, dtype=torch.float64, requires_grad=True),))


def test_the_loss_is_the_packages_with_the_released_switches():
    student, teacher = made_up(2), made_up()
    weight, labels = torch.randn(CLASSES, 6, dtype=torch.float64), torch.tensor([0, 1, 2, 4])
    noise = torch.randn(4, CLASSES, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    found = reference_loss(student, teacher, weight, labels, noise)
    cam = class_activation_map(teacher.stages[-1], weight, teacher.logits.argmax(1))
    maps = (map_range(m, "batch") for m in (spike_activation_map(student.stages[-1]), cam))
    released = {"noise_scale": "variance", "noise_mix": "probabilities", "generator": torch.Generator().manual_seed(1)}
    terms = {
        "ce": F.cross_entropy(student.logits, labels),
        "samd": samd_loss(*maps, temperature_squared=False),
        "nld": nld_loss(student.logits, teacher.logits, **released),
    }
    assert min(terms.values()) > 1e-4
    torch.testing.assert_close(found, sum(terms.values()), rtol=0, atol=1e-8)


def test_gradients_flow_into_the_teacher():
    student, teacher = made_up(2), made_up()
    weight = torch.randn(CLASSES, 6, dtype=torch.float64, requires_grad=True)
    reference_loss(student, teacher, weight, torch.arange(4), torch.randn(4, CLASSES, dtype=torch.float64)).backward()
    assert all(x.grad.abs().max() > 0 for x in (teacher.logits, teacher.stages[-1], weight, student.stages[-1]))
