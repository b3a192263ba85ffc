"""Networks against hand counts, and the folded time axis against a network that steps through time."""

import copy

import numpy as np
import pytest
import torch
from torch import nn

from ckdsnn.errors import CkdsnnError
from ckdsnn.models import LIF, Features, build_student, build_teacher, evaluating
from ckdsnn.models.table import BLOCKS
from tests.networks import lively


def images(n=3, size=16, dtype=torch.float32):
    return torch.randn(n, 3, size, size, generator=torch.Generator().manual_seed(1)).to(dtype)


def student(timesteps=3, dtype=torch.float64, **fields):
    torch.manual_seed(0)
    network = build_student("resnet8", 10, width=1, timesteps=timesteps, **fields)
    return lively(network.to(dtype), images(8, dtype=dtype))


class OneStep(nn.Module):
    """One LIF step a call, with the membrane kept between calls."""

    v = 0.0

    def forward(self, x):
        h = self.v / 2 + x
        spikes = (h >= 1).to(x.dtype)
        self.v = h * (1 - spikes)
        return spikes


def step_through(model, frames):
    """The student on frames [T, B, 3, H, W], one step after the other."""
    model = copy.deepcopy(model)
    for name, module in list(model.named_modules()):
        if isinstance(module, LIF):
            parent, _, child = name.rpartition(".")
            setattr(model.get_submodule(parent), child, OneStep())
    steps = []
    for frame in frames:
        outputs = [model.activation(model.stem(frame))]
        for stage in model.stages:
            outputs.append(stage(outputs[-1]))
        steps.append((model.head(outputs[-1].mean((-2, -1))), *outputs[1:]))
    logits, *stages = (torch.stack(outputs) for outputs in zip(*steps, strict=True))
    return Features(logits.mean(0), tuple(stages))


def assert_equal_features(a, b):
    torch.testing.assert_close(a.logits, b.logits, rtol=1e-10, atol=1e-12)
    for ours, theirs in zip(a.stages, b.stages, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-10, atol=1e-12)


def parameters_by_hand(blocks, width, classes):
    """3x3 convolutions, 1x1 shortcuts, two numbers a channel for each normalisation, the head with its bias."""
    channels = [16 * width * 2**i for i in range(3)]
    total, before = 3 * channels[0] * 9 + 2 * channels[0], channels[0]
    for count, after in zip(blocks, channels, strict=True):
        total += before * after + 2 * after if before != after else 0
        total += before * after * 9 + (2 * count - 1) * after**2 * 9 + 2 * count * 2 * after
        before = after
    return total + before * classes + classes


@pytest.mark.parametrize(
    ("name", "width", "millions"), [("resnet19", 8, 12.57), ("resnet20", 1, 0.27), ("resnet8", 1, 0.08)]
)
def test_parameter_counts(name, width, millions):
    with torch.device("meta"):
        networks = build_teacher(name, 10, width=width), build_student(name, 10, width=width, timesteps=4)
    for network in networks:
        count = sum(p.numel() for p in network.parameters())
        assert count == parameters_by_hand(BLOCKS[name], width, 10)
        assert round(count / 1e6, 2) == millions


@pytest.mark.parametrize("name", BLOCKS)
def test_teacher_shapes(name):
    logits, stages = build_teacher(name, 7, width=1)(images(2))
    assert logits.shape == (2, 7)
    assert [tuple(s.shape) for s in stages] == [(2, 16, 16, 16), (2, 32, 8, 8), (2, 64, 4, 4)]


@pytest.mark.parametrize("timesteps", [1, 2, 4])
@pytest.mark.parametrize("events", [False, True], ids=["images", "events"])
@pytest.mark.parametrize("name", BLOCKS)
def test_student_shapes(name, timesteps, events):
    x = images(2)[None].expand(timesteps, -1, -1, -1, -1) if events else images(2)
    logits, stages = build_student(name, 7, width=1, timesteps=timesteps)(x)
    assert logits.shape == (2, 7)
    shapes = [(16, 16, 16), (32, 8, 8), (64, 4, 4)]
    assert [tuple(s.shape) for s in stages] == [(timesteps, 2, *shape) for shape in shapes]


@pytest.mark.parametrize("size", [17, 34])
def test_images_of_any_size_pass(size):
    assert build_teacher("resnet8", 10, width=1)(images(2, size)).stages[-1].shape[-1] == -(-size // 4)


@pytest.mark.parametrize("timesteps", [1, 2, 4])
def test_folded_time_equals_stepping_through_it(timesteps):
    model = student(timesteps)
    frames = torch.stack([images(3, dtype=torch.float64) * (1 + t / 2) for t in range(timesteps)])
    features = model(frames)
    assert all(stage.any() for stage in features.stages)
    assert_equal_features(features, step_through(model, frames))


@pytest.mark.parametrize("last_activation", ["spike", "relu"])
def test_an_image_equals_events_that_repeat_it(last_activation):
    model, x = student(last_activation=last_activation), images(dtype=torch.float64)
    frames = x.expand(3, *x.shape)
    assert_equal_features(model(x), model(frames))
    assert_equal_features(model(x), step_through(model, frames))


def test_spikes_are_binary_and_relu_lets_reals_through():
    for stage in student()(images(dtype=torch.float64)).stages:
        assert set(stage.unique().tolist()) == {0, 1}
    *spiking, last = student(last_activation="relu")(images(dtype=torch.float64)).stages
    assert all(set(stage.unique().tolist()) <= {0, 1} for stage in spiking)
    assert last.min() >= 0 and len(last.unique()) > 2


@pytest.mark.parametrize("head", ["linear", "two_linear"])
def test_logits_are_the_mean_over_time_and_head_weight_the_whole_head(head):
    model = student(head=head)
    logits, stages = model(images(dtype=torch.float64))
    pooled = stages[-1].mean((-2, -1))  # [T, B, C]
    torch.testing.assert_close(logits, torch.stack([model.head(p) for p in pooled]).mean(0))
    bias = model.head(torch.zeros(1, 64, dtype=torch.float64))
    assert model.head_weight.shape == (10, 64)
    torch.testing.assert_close(logits, pooled.mean(0) @ model.head_weight.T + bias)


def test_training_reaches_every_parameter_and_the_network_can_be_copied():
    model, x = student().train(), images(dtype=torch.float64)
    model(x).logits.square().sum().backward()
    assert all(p.grad is not None and p.grad.any() for p in model.parameters())
    assert torch.equal(copy.deepcopy(model)(x).logits, model(x).logits)


def test_state_does_not_leak_between_batches():
    model, x = student(), images(dtype=torch.float64)
    first = model(x).logits
    model(images(5, 24, torch.float64))
    assert torch.equal(model(x).logits, first)


def test_evaluating_restores_every_modules_mode():
    model = build_teacher("resnet8", 10, width=1)
    model.stem.eval()  # a frozen part
    with pytest.raises(RuntimeError), evaluating(model):
        assert not any(module.training for module in model.modules())
        raise RuntimeError
    assert model.training and model.head.training and not any(module.training for module in model.stem.modules())


@pytest.mark.parametrize("shape", [(2, 2, 3, 16, 16), (3, 2, 2, 16, 16), (2, 1, 16, 16), (3, 16, 16)])
def test_input_of_another_shape_is_refused(shape):
    with pytest.raises(CkdsnnError, match=r"\[3, B, 3, H, W\]"):
        student(dtype=torch.float32)(torch.zeros(shape))
    with pytest.raises(CkdsnnError, match=r"expected images \[B, 3, H, W\]"):
        build_teacher("resnet8", 10, width=1)(torch.zeros(shape))


@pytest.mark.parametrize("build", [build_teacher, build_student])
@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"name": "resnet9"}, "unknown .* 'resnet9'.*resnet8, resnet19, resnet20"),
        ({"width": 0}, "width = 0"),
        ({"width": True}, "width = True"),
        ({"width": 1.0}, "width = 1.0"),
        ({"num_classes": 0}, "num_classes = 0"),
        ({"num_classes": "10"}, "num_classes = '10'"),
    ],
)
def test_bad_sizes_and_names_are_refused(build, fields, message):
    with pytest.raises(CkdsnnError, match=message):
        build(**{"name": "resnet8"} | fields)


def test_sizes_of_numpys_make_the_same_student():
    sizes = {"num_classes": 7, "timesteps": 2, "width": 8}
    small, plain = ({name: kind(size) for name, size in sizes.items()} for kind in (np.int8, int))  # 16 * 8 is no int8
    shapes = [[p.shape for p in build_student("resnet8", **given).parameters()] for given in (small, plain)]
    assert shapes[0] == shapes[1]
    assert build_student("resnet8", **small)(torch.rand(1, 3, 8, 8)).stages[-1].shape[:2] == (2, 1)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"timesteps": 0}, "timesteps = 0"),
        ({"timesteps": False}, "timesteps = False"),
        ({"last_activation": "tanh"}, "'tanh'; choose one of: spike, relu"),
        ({"head": "mlp"}, "'mlp'; choose one of: linear, two_linear"),
    ],
)
def test_bad_student_switches_are_refused(fields, message):
    with pytest.raises(CkdsnnError, match=message):
        build_student("resnet8", **fields)
