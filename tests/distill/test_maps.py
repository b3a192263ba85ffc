"""Maps against pytorch-grad-cam and float64 NumPy."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from pytorch_grad_cam import GradCAM
from pytorch_grad_cam.utils.image import scale_cam_image
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget
from torch.nn import functional as F

from ckdsnn.distill.maps import (
    cam,
    class_activation_map,
    grad_cam,
    map_range,
    on_one_grid,
    scale_saliency,
    spike_activation_map,
)
from ckdsnn.distill.settings import RANGES, SCALINGS
from ckdsnn.errors import CkdsnnError
from ckdsnn.models import build_student, build_teacher
from tests.networks import Logits, lively

X = torch.randn(4, 3, 16, 16, generator=torch.Generator().manual_seed(0))
Y = torch.tensor([3, 0, 9, 3])
MAPS = arrays(np.float64, (3, 4, 5), elements=st.floats(-20, 20, width=32))


@pytest.fixture(params=["teacher", "student"])
def model(request):
    torch.manual_seed(1)
    teacher = request.param == "teacher"
    return lively(
        build_teacher("resnet8", 10, width=1) if teacher else build_student("resnet8", 10, width=1, timesteps=3), X
    )


def steps_as_channels(folded):
    """[T*B, C, H, W] -> [B, T*C, H, W]."""
    return folded.unflatten(0, (-1, len(X))).transpose(0, 1).flatten(1, 2)


@pytest.mark.parametrize("stage", [0, 1, 2, -1])
def test_grad_cam_equals_pytorch_grad_cam(model, stage):
    ours = grad_cam(model, X, Y, stage).numpy()
    assert ours.reshape(4, -1).max(1).min() > 0
    with GradCAM(Logits(model), [model.stages[stage]], reshape_transform=steps_as_channels) as judge:
        theirs = judge(X, [ClassifierOutputTarget(int(y)) for y in Y])
    size = X.shape[:1:-1]
    np.testing.assert_allclose(scale_cam_image(scale_cam_image(ours, size), size), theirs, atol=1e-4)


@pytest.mark.parametrize("stage", [0, 2])
def test_one_backward_pass_equals_one_for_each_image(model, stage):
    model.double()
    alone = [grad_cam(model, X[i : i + 1].double(), Y[i : i + 1], stage) for i in range(4)]
    torch.testing.assert_close(grad_cam(model, X.double(), Y, stage), torch.cat(alone), rtol=1e-9, atol=1e-12)


def test_closed_form_is_grad_cam_times_the_cells():
    model = lively(build_teacher("resnet8", 10, width=1), X).double()
    last = model(X.double()).stages[-1]
    closed = class_activation_map(last, model.head_weight, Y)
    slow = np.einsum("bchw,bc->bhw", last.detach().numpy(), model.head_weight.detach().numpy()[Y.numpy()]).clip(0)
    np.testing.assert_allclose(closed.detach().numpy(), slow, rtol=1e-10)
    torch.testing.assert_close(closed, 4 * 4 * grad_cam(model, X.double(), Y), rtol=1e-10, atol=1e-14)


def test_the_cam_of_a_network_is_about_the_given_class_and_has_no_graph():
    teacher = lively(build_teacher("resnet8", 10, width=1), X).train()
    classes = teacher.eval()(X).logits.argmin(1)
    maps = cam(teacher.train(), X, classes)
    torch.testing.assert_close(maps, 16 * grad_cam(teacher, X, classes))
    assert teacher.training and not maps.requires_grad


@pytest.mark.parametrize("training", [True, False])
def test_grad_cam_leaves_the_model_as_it_was(model, training):
    expected = grad_cam(model, X, Y)
    model.train(training)
    model.head.eval()
    modes = [module.training for module in model.modules()]
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    assert torch.equal(grad_cam(model, X, Y), expected)
    assert [module.training for module in model.modules()] == modes
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
    assert all(p.grad is None for p in model.parameters()) and not X.requires_grad


def test_grad_cam_of_a_frozen_model_and_without_gradients(model):
    expected = grad_cam(model, X, Y)
    model.requires_grad_(False)
    with torch.no_grad():
        frozen = grad_cam(model, X, Y)
    assert torch.equal(frozen, expected) and not frozen.requires_grad


def test_spike_activation_map_counts():
    spikes = (torch.rand(3, 2, 5, 4, 4) < 0.3).float()
    np.testing.assert_array_equal(spike_activation_map(spikes).numpy(), spikes.numpy().sum((0, 2)))
    many = torch.ones(4, 1, 512, 2, 2, dtype=torch.bfloat16)  # bf16 itself cannot hold every number above 256
    assert spike_activation_map(many[:, :, :257]).eq(4 * 257).all()


def numpy_range(maps, how):
    axes = {"sample": (1, 2), "batch": (0, 1, 2)}[how]
    low, high = maps.min(axes, keepdims=True), maps.max(axes, keepdims=True)
    return np.divide(maps - low, high - low, out=np.zeros_like(maps), where=high > low)


def numpy_scale(maps, scaling, temperature):
    if scaling == "softmax":
        powers = np.exp((maps - maps.max((1, 2), keepdims=True)) / temperature)
        return powers / powers.sum((1, 2), keepdims=True)
    if scaling == "zscore":
        return (maps - maps.mean((1, 2), keepdims=True)) / maps.std((1, 2), keepdims=True)
    return maps / np.sqrt((maps**2).sum((1, 2), keepdims=True)) if scaling == "l2" else maps


@settings(deadline=None)
@given(MAPS, st.sampled_from(["sample", "batch"]))
def test_ranges_equal_numpy(maps, how):
    np.testing.assert_allclose(map_range(torch.tensor(maps), how).numpy(), numpy_range(maps, how), rtol=1e-12)


@pytest.mark.parametrize("scaling", SCALINGS)
@pytest.mark.parametrize("temperature", [0.5, 2.0])
def test_scalings_equal_numpy(scaling, temperature):
    maps = np.random.default_rng(0).normal(3, 4, (5, 6, 7))
    ours = scale_saliency(torch.tensor(maps), scaling, temperature).numpy()
    np.testing.assert_allclose(ours, numpy_scale(maps, scaling, temperature), rtol=1e-10)


@settings(deadline=None)
@given(MAPS, MAPS)
def test_only_the_batch_range_depends_on_neighbours(maps, others):
    joined = torch.tensor(np.concatenate([maps, others]))
    for how in ("none", "sample"):
        assert torch.equal(map_range(joined, how)[:3], map_range(joined[:3], how))
    joined[3, 0, 0] = joined.abs().max() * 2 + 1
    assert map_range(joined, "batch")[:3].max() < 1


@pytest.mark.parametrize("lead", [(2,), (2, 3)])
def test_maps_and_features_meet_on_the_smaller_grid(lead):
    large, small = torch.rand(*lead, 8, 6), torch.rand(*lead, 4, 6)
    pooled = large.unflatten(-2, (4, 2)).mean(-2)
    for found, expected in zip(on_one_grid(large, small), (pooled, small), strict=True):
        torch.testing.assert_close(found, expected)
    assert on_one_grid(small, large)[0] is small


def test_rate_divides_by_the_units():
    assert torch.equal(map_range(torch.full((1, 2, 2), 6.0), "rate", units=12), torch.full((1, 2, 2), 0.5))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
@pytest.mark.parametrize("value", [0.0, 0.1, 100.1])
@pytest.mark.parametrize("scaling", SCALINGS)
def test_constant_maps_stay_finite_with_finite_gradients(scaling, value, dtype):
    maps = torch.full((2, 7, 7), value, dtype=dtype, requires_grad=True)
    for how in ("none", "sample", "batch"):
        scaled = scale_saliency(map_range(maps, how), scaling)
        (gradient,) = torch.autograd.grad((scaled * torch.rand(7, 7)).sum(), maps)
        assert scaled.isfinite().all() and gradient.abs().max() <= 1  # no factor of one over an epsilon
    expected = {"softmax": 1 / 49, "zscore": 0.0, "none": maps.detach().float().mean(), "l2": 1 / 7 if value else 0.0}
    torch.testing.assert_close(scale_saliency(maps, scaling).mean().float(), torch.as_tensor(expected[scaling]))


MAP = torch.rand(2, 4, 4)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: map_range(MAP, "minmax"), f"'minmax'; choose one of: {', '.join(RANGES)}"),
        (lambda: map_range(MAP, "rate"), "needs units"),
        (lambda: map_range(MAP[0], "sample"), r"maps of shape \[4, 4\]"),
        (lambda: map_range(MAP > 0.5, "sample"), "maps of torch.bool: expected numbers"),
        (lambda: scale_saliency(MAP, "max"), f"'max'; choose one of: {', '.join(SCALINGS)}"),
        (lambda: scale_saliency(MAP[None]), r"expected \[B, H, W\]"),
        *((lambda t=t: scale_saliency(MAP, temperature=t), "temperature") for t in (0, -1.0, np.nan, np.inf)),
        (lambda: spike_activation_map(MAP), r"expected \[T, B, C, H, W\]"),
        (lambda: class_activation_map(MAP, MAP[0], Y[:2]), r"stage of shape .* expected \[B, C, H, W\]"),
        (lambda: class_activation_map(MAP[None], MAP, Y[:1]), r"head_weight of shape .* expected \[K, C\]"),
        (lambda: class_activation_map(MAP[None], MAP[0], Y[:1]), "2 channels, head_weight 4"),
        (
            lambda: class_activation_map(MAP[:, None], MAP[0, :, :1], Y[:1]),
            "one torch.int64 index for each of 2 images",
        ),
        *(
            (
                lambda t=t: class_activation_map(MAP[:, None], MAP[0, :, :1], Y[:2].to(t)),
                f"{t}: expected one torch.int64",
            )
            for t in (torch.float32, torch.bool, torch.uint8)
        ),
        (lambda: map_range(MAP[:0], "batch"), r"maps of shape \[0, 4, 4\]"),
        (lambda: class_activation_map(MAP[:, None], MAP[0, :, :1], Y[1:3]), "classes from 0 to 9: expected 0 to 3"),
        (lambda: class_activation_map(MAP[:, None], MAP[0, :, :1], Y[1:3] - 1), "classes from -1 to 8"),
        (
            lambda: grad_cam(build_teacher("resnet8", 10, width=1), X, Y[:1]),
            "one torch.int64 index for each of 4 images",
        ),
        (
            lambda: class_activation_map(torch.rand(2, 3, 4, 4), torch.rand(5, 3), [1, 2]),
            "classes are a list: expected",
        ),
        (lambda: class_activation_map(torch.rand(2, 3, 4, 4), torch.rand(5, 3), 1), "classes are a int: expected a t"),
        (lambda: grad_cam(torch.nn.Flatten(), X, Y), "Flatten returns a Tensor: expected Features; Tapped makes them"),
        (lambda: spike_activation_map((1, 2)), "stage: expected a torch.Tensor, not a tuple"),
        (
            lambda: grad_cam(build_teacher("resnet8", 10, width=1), X, Y, stage=3),
            "stage = 3; expected an integer from -3",
        ),
    ],
)
def test_bad_input_is_refused(call, message):
    with pytest.raises(CkdsnnError, match=message):
        call()


def test_grad_cam_works_in_inference_mode():
    model = lively(build_teacher("resnet8", 10, width=1), X)
    with torch.inference_mode():
        inside = grad_cam(model, X, Y)
    torch.testing.assert_close(inside, grad_cam(model, X, Y))


def test_the_cam_of_an_autocast_network_is_made_in_float32():
    model = lively(build_teacher("resnet8", 10, width=1), X)
    with torch.autocast("cpu", torch.bfloat16), torch.no_grad():
        stage = model(X).stages[-1].bfloat16()
        maps = class_activation_map(stage, model.head_weight, Y)
    torch.testing.assert_close(maps, class_activation_map(stage.float(), model.head_weight, Y))
    assert maps.dtype == torch.float32


def test_classes_of_inference_mode_are_taken():
    model = lively(build_teacher("resnet8", 10, width=1), X)
    with torch.inference_mode():
        predicted = model(X).logits.argmax(1)
    torch.testing.assert_close(grad_cam(model, X, predicted), grad_cam(model, X, predicted.clone()))
    assert grad_cam(model, X, predicted).any()


@pytest.mark.parametrize("stage", [0, 1, -1])
def test_a_compiled_network_has_the_same_grad_cam_and_stays_compiled(model, stage):
    expected = grad_cam(model, X, Y, stage)
    model.compile(backend="aot_eager")
    compiled = model._compiled_call_impl
    assert torch.equal(grad_cam(model, X, Y, stage), expected)
    assert compiled is not None and model._compiled_call_impl is compiled
    assert torch.equal(grad_cam(torch.compile(model, backend="aot_eager"), X, Y, stage), expected)


def test_what_was_made_in_inference_mode_has_maps(model):
    with torch.inference_mode():
        x, classes = X.clone(), Y.clone()
        inside = grad_cam(model, x, classes)
    assert torch.equal(grad_cam(model, x, classes), grad_cam(model, X, Y)) and torch.equal(
        inside, grad_cam(model, X, Y)
    )


@pytest.mark.parametrize("make", [cam, grad_cam])
@pytest.mark.parametrize(
    ("x", "classes", "message"),
    [
        (X.numpy(), Y, "expected a torch.Tensor"),
        (X, [3, 0, 9, 3], "classes are a list"),
        (X, 3, "classes are a int"),
        (X, Y.int(), "expected one torch.int64 index"),
        (X, Y[:, None], "expected one torch.int64 index"),
        (X, F.one_hot(Y, 10), "expected one torch.int64 index"),
        (X, Y + 1, "classes from 1 to 10: expected 0 to 9"),
    ],
)
def test_a_map_is_asked_for_by_tensors(make, x, classes, message):
    with pytest.raises(CkdsnnError, match=message):
        make(build_teacher("resnet8", 10, width=1), x, classes)


@pytest.mark.parametrize("make", [cam, grad_cam])
def test_a_network_without_stages_is_named_with_what_helps(make):
    own = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(768, 10))
    with pytest.raises(CkdsnnError, match="Sequential returns a Tensor: expected Features; Tapped makes them"):
        make(own, X, Y)
