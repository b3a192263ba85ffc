"""Operations and bytes are those that a hand counts; rates are work over the shortest time."""

import pytest
import torch
from torch import nn

from ckdsnn.bench import floor
from ckdsnn.bench.floor import Limits, copy_rate, count, measure_limits, product_rate

CPU = torch.device("cpu")
B, C, K, H, W = 2, 3, 5, 8, 6  # images, channels in and out, pixels
X, Y, WEIGHT = B * C * H * W, B * K * H * W, K * C * 9  # numbers in input, output and weights
OPERATIONS = 2 * Y * C * 9


def convolution():
    return nn.Conv2d(C, K, 3, padding=1, bias=False), torch.randn(B, C, H, W, requires_grad=True)


def test_a_convolution_forward():
    layer, x = convolution()
    assert count(lambda: layer(x)) == (OPERATIONS, 4 * (X + WEIGHT + Y))


def test_a_convolution_forward_and_backward():
    layer, x = convolution()
    backward = Y + X + WEIGHT + X + WEIGHT  # gradient in, what was saved, both gradients out
    assert count(lambda: layer(x).sum().backward()) == (3 * OPERATIONS, 4 * (X + WEIGHT + Y + backward))


def test_the_first_convolution_gives_no_gradient_to_the_images():
    layer, x = convolution()
    operations, _ = count(lambda: layer(x.detach()).sum().backward())
    assert operations == 2 * OPERATIONS


def test_half_precision_halves_the_bytes():
    layer, x = convolution()
    assert count(lambda: layer.bfloat16()(x.bfloat16())) == (OPERATIONS, 2 * (X + WEIGHT + Y))


def test_a_linear_layer():
    layer, x = nn.Linear(C, K), torch.randn(B, C)
    assert count(lambda: layer(x)) == (2 * B * C * K, 4 * (B * C + C * K + K + B * K))


def test_what_is_element_wise_is_free():
    x = torch.randn(4, 3, 8, 8)
    assert count(lambda: nn.BatchNorm2d(3)(x).relu().exp().sum()) == (0, 0)


def test_rates_are_work_over_the_shortest_time(monkeypatch):
    seconds = iter([0.5, 0.25, 1.0, 0.5, 0.5] * 2)
    monkeypatch.setattr(floor, "timed", lambda work, _: next(seconds))
    assert product_rate(CPU, torch.float32, 4) == 2 * 4**3 / 0.25
    assert copy_rate(CPU, 100) == 2 * 400 / 0.25


@pytest.mark.parametrize("dtypes", [{"float32"}, {"float32", "bfloat16"}])
def test_limits_hold_a_rate_for_each_type(dtypes, quick):
    limits = measure_limits(CPU, dtypes)
    assert limits.flops_per_second.keys() == dtypes
    assert min(*limits.flops_per_second.values(), limits.bytes_per_second) > 0


def test_the_floor_is_work_over_rates():
    limits = Limits({"float32": 100.0, "bfloat16": 400.0}, 10.0)
    assert limits.floor(200, 50, "float32") == {"arithmetic_s": 2.0, "bandwidth_s": 5.0}
    assert limits.floor(200, 50, "bfloat16") == {"arithmetic_s": 0.5, "bandwidth_s": 5.0}
