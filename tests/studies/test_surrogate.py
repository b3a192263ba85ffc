"""Surrogates: the bump is what its name says, it changes gradients alone, and not at the last stage."""

import math

import numpy as np
import pytest
import torch
from spikingjelly.activation_based import layer, neuron
from torch import nn

from ckdsnn.distill.maps import class_activation_map, grad_cam
from ckdsnn.errors import CkdsnnError
from ckdsnn.models import LIF, Spiking, Tapped, build_student, build_teacher
from ckdsnn.records import copy_record
from ckdsnn.studies.study import study
from ckdsnn.studies.surrogate.measure import (
    FAR,
    IMAGES,
    SHAPES,
    WIDTHS,
    BeforeSpikes,
    differentiated_by,
    likeness,
    make_surrogate,
    places_of,
    surrogate,
)
from tests.networks import lively, lively_subject

SUBJECT = lively_subject(6)
X = torch.randn(4, 3, 16, 16, generator=torch.Generator().manual_seed(0))
Y = torch.tensor([3, 0, 9, 3])
PLACES = ("stage1", "stage2", "current", "stage3")
OTHERS = [(shape, width) for shape in SHAPES for width in (WIDTHS[0], WIDTHS[-1])]


def fresh(timesteps=1, **fields):
    torch.manual_seed(1)
    return lively(build_student("resnet8", 10, width=1, timesteps=timesteps, **fields), X).double()


@pytest.fixture(params=[1, 3], ids=["T=1", "T=3"])
def network(request):
    return fresh(request.param)


def bump(shape, width, x):
    """The derivative that a backward pass takes at distances x from the threshold."""
    x = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    make_surrogate(shape, width)(x).sum().backward()
    return x.grad.numpy()


def logistic(x, alpha):
    """The derivative of 1 / (1 + exp(-alpha x))."""
    small = np.exp(-alpha * abs(x))
    return alpha * small / (1 + small) ** 2


CLOSED = {
    "triangle": lambda x, w: np.clip(1 - abs(x) / w, 0, None) / w,
    "rectangle": lambda x, w: (abs(x) < w / 2) / w,
    "sigmoid": lambda x, w: logistic(x, 3.5254943480781717 / w),
    "arctangent": lambda x, w: 2 / (math.pi * w) / (1 + (2 * x / w) ** 2),
}


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("shape", SHAPES)
def test_a_bump_has_its_form_its_width_at_half_height_and_the_area_1(shape, width):
    x = np.linspace(-3, 3, 401) * width
    np.testing.assert_allclose(bump(shape, width, x), CLOSED[shape](x, width), rtol=1e-9, atol=1e-12)
    high, inside, outside = bump(shape, width, [0.0, 0.499999 * width, 0.500001 * width])
    assert inside >= high / 2 * (1 - 1e-5) and outside <= high / 2 * (1 + 1e-5)
    wide = np.linspace(-400, 400, 400_001) * width
    assert CLOSED[shape](wide, width).sum() * (wide[1] - wide[0]) == pytest.approx(1, abs=0.01)


def test_an_unknown_shape_is_answered_with_the_known_ones():
    with pytest.raises(CkdsnnError, match="unknown surrogate 'camel'; choose one of: triangle, rectangle"):
        make_surrogate("camel", 1)


@pytest.mark.parametrize(("shape", "width"), OTHERS)
def test_no_surrogate_changes_what_the_network_computes(network, shape, width):
    with torch.no_grad():
        logits, stages = network(X.double())
        with differentiated_by(network, make_surrogate(shape, width)):
            other_logits, other_stages = network(X.double())
    assert torch.equal(logits, other_logits)
    assert all(torch.equal(one, other) for one, other in zip(stages, other_stages, strict=True))


def test_the_block_leaves_the_network_as_it_was(network):
    neurons = [module for module in network.modules() if isinstance(module, LIF)]
    before = [(lif.kind, lif.node.surrogate_function) for lif in neurons]
    with pytest.raises(RuntimeError), differentiated_by(network, make_surrogate(*FAR)):
        assert {lif.kind for lif in neurons} == {"spikingjelly"}
        raise RuntimeError
    assert [(lif.kind, lif.node.surrogate_function) for lif in neurons] == before


@pytest.fixture
def own():
    """A network of spikingjelly's layers and neurons alone, with two stages."""
    torch.manual_seed(2)
    parts = []
    for channels in (3, 8):
        norm = layer.BatchNorm2d(8, step_mode="m")
        parts += [layer.Conv2d(channels, 8, 3, padding=1, step_mode="m"), norm, neuron.LIFNode(step_mode="m")]
    module = nn.Sequential(*parts, layer.AdaptiveAvgPool2d(1, step_mode="m"), nn.Flatten(2), nn.Linear(8, 10))
    return lively(Spiking(Tapped(module, ("2", "5"), "8"), 3), 3 * X)


@pytest.mark.parametrize("place", ["stage1", "current"])
def test_neurons_of_spikingjellys_own_get_the_surrogate_too(own, place):
    neurons = [module for module in own.modules() if isinstance(module, neuron.LIFNode)]
    before = [node.surrogate_function for node in neurons]
    model, stage = places_of(own, 2)[place]
    trained = grad_cam(model, 3 * X, Y, stage)
    with differentiated_by(own, make_surrogate(*FAR)):
        far = grad_cam(model, 3 * X, Y, stage)
    assert trained.shape == far.shape == (4, 16, 16) and far.any() and not torch.allclose(trained, far)
    assert [node.surrogate_function for node in neurons] == before
    assert torch.equal(grad_cam(model, 3 * X, Y, stage), trained)


def test_networks_without_spiking_neurons_or_grids_before_them_are_refused(own):
    teacher = build_teacher("resnet8", 10, width=1)
    for refuse in (BeforeSpikes, lambda network: differentiated_by(network, make_surrogate(*FAR)).__enter__()):
        with pytest.raises(CkdsnnError, match="ResNet has no spiking neurons; expected LIF or spikingjelly's"):
            refuse(teacher)
    tokens = build_student("spikformer", 10, timesteps=2, depth=1, dim=32)
    with pytest.raises(CkdsnnError, match=r"neurons of shape \[2, 4, 32, 64\]: expected \[T, B, C, H, W\]"):
        BeforeSpikes(tokens)(torch.rand(4, 3, 32, 32))


@pytest.mark.parametrize("place", PLACES)
def test_the_trained_surrogate_gives_the_trained_map(network, place):
    model, stage = places_of(network, 3)[place]
    trained = grad_cam(model, X.double(), Y, stage)
    assert trained.amax((1, 2)).min() > 0
    with differentiated_by(network, make_surrogate("triangle", 1.0)):
        again = grad_cam(model, X.double(), Y, stage)
    torch.testing.assert_close(again, trained, rtol=1e-9, atol=1e-15)
    mean, error, shuffled = likeness(again, trained)
    assert mean == pytest.approx(1) and error == pytest.approx(0, abs=1e-9) and shuffled < 1


@pytest.mark.parametrize("place", ["stage1", "stage2", "current"])
@pytest.mark.parametrize(("shape", "width"), OTHERS)
def test_before_the_last_stage_another_surrogate_gives_another_map(network, place, shape, width):
    model, stage = places_of(network, 3)[place]
    trained = grad_cam(model, X.double(), Y, stage)
    with differentiated_by(network, make_surrogate(shape, width)):
        assert likeness(grad_cam(model, X.double(), Y, stage), trained)[0] < 0.99999


@pytest.mark.parametrize("fields", [{}, {"head": "two_linear"}, {"last_activation": "relu"}], ids=str)
@pytest.mark.parametrize("timesteps", [1, 3])
def test_at_the_last_stage_grad_cam_is_the_cam_of_the_mean_spikes_and_no_surrogate_enters(timesteps, fields):
    """No spike lies between that stage and the logits: d logit / d F[t, c] = w[y, c] / (T H W), whatever the bump."""
    network = fresh(timesteps, **fields)
    trained = grad_cam(network, X.double(), Y)
    with torch.no_grad():
        last = network(X.double()).stages[-1]
    closed = class_activation_map(last.mean(0), network.head_weight.detach(), Y) / last[0, 0, 0].numel()
    torch.testing.assert_close(trained, closed, rtol=1e-9, atol=1e-14)
    for shape, width in OTHERS:
        with differentiated_by(network, make_surrogate(shape, width)):
            assert torch.equal(grad_cam(network, X.double(), Y), trained)


def test_before_the_last_spikes_lies_their_input_current(network):
    """Its Grad-CAM against one of our own at T = 1, where the neuron fires on the current itself."""
    logits, (current,) = BeforeSpikes(network)(X.double())
    plain = network(X.double())
    assert torch.equal(logits, plain.logits) and current.shape == plain.stages[-1].shape
    if len(current) == 1:
        assert torch.equal((current >= 1).double(), plain.stages[-1])
        at_threshold = (1 - (current[0] - 1).abs()).clamp_min(0).mean((-2, -1))  # the trained surrogate
        weights = network.head_weight[Y] * at_threshold / current[0, 0, 0].numel()
        slow = torch.einsum("bc,bchw->bhw", weights, current[0]).relu()
        torch.testing.assert_close(grad_cam(BeforeSpikes(network), X.double(), Y, 0), slow, rtol=1e-9, atol=1e-15)


def test_images_whose_trained_map_is_blank_are_left_out():
    trained = torch.rand(5, 3, 3, generator=torch.Generator().manual_seed(0))
    maps = trained.clone()
    trained[2] = 0
    assert likeness(maps, trained)[:2] == pytest.approx([1, 0], abs=1e-9)
    assert np.isnan(likeness(maps[1:3], trained[1:3])).all(), "one is too few"


def test_the_study_says_how_alike_each_map_is_to_the_trained_one():
    settings, values = surrogate(SUBJECT)
    assert settings == {"images": 6, "widths": list(WIDTHS)} and values["difference"] == 0
    for place in PLACES:
        assert values[f"triangle.{place}"][WIDTHS.index(1.0)][0] == pytest.approx(1)
        assert values[f"{place}.blank"] == 0
        lowest = min(mean for shape in SHAPES for mean, *_ in values[f"{shape}.{place}"])
        assert lowest == pytest.approx(1) if place == "stage3" else lowest < 0.999
    x, _ = SUBJECT.test_images(6)
    classes = SUBJECT.network(x).logits.argmax(1)
    trained = grad_cam(SUBJECT.network, x, classes, stage=1).numpy()
    with differentiated_by(SUBJECT.network, make_surrogate("sigmoid", 4.0)):
        maps = grad_cam(SUBJECT.network, x, classes, stage=1).numpy()
    slow = [np.corrcoef(one.ravel(), other.ravel())[0, 1] for one, other in zip(maps, trained, strict=True)]
    mean, error, _ = values["sigmoid.stage2"][-1]
    assert mean == pytest.approx(np.mean(slow), abs=1e-6)
    assert error == pytest.approx(np.std(slow, ddof=1) / math.sqrt(6), abs=1e-6)


def test_a_trained_student_is_studied_by_name(record, results, monkeypatch, tmp_path):
    monkeypatch.setitem(IMAGES, "smoke", 2)
    copy_record(record, results, tmp_path)
    made = study("surrogate", record.id, tmp_path)
    assert made.settings["images"] == 2 and made.values["difference"] == 0
