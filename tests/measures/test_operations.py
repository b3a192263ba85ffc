"""Counted operations against loops over every weight and spike, against spikingjelly's counters, and image by image."""

from itertools import product

import numpy as np
import pytest
import torch
from spikingjelly.activation_based.op_counter import ACCounter, DispatchCounterMode, MACCounter
from torch import nn

from ckdsnn.measures.energy import energy_per_image, stepping
from ckdsnn.measures.operations import Counting
from ckdsnn.models import LIF, build_student, build_teacher
from tests.networks import lively

T, SIZE = 3, 4


class Tiny(nn.Module):
    """Convolution, neurons, pool, convolution with a bias, neurons, mean over cells and time, linear layer."""

    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Conv2d(2, 3, 3, padding=1, bias=False), nn.Conv2d(3, 4, 3, padding=1)
        self.neurons, self.pool, self.head = nn.ModuleList([LIF(T), LIF(T)]), nn.AvgPool2d(2), nn.Linear(4, 5)

    def forward(self, x):
        spikes = self.neurons[0](self.first(x).repeat(T, 1, 1, 1))
        spikes = self.neurons[1](self.second(self.pool(spikes)))
        return self.head(spikes.unflatten(0, (T, -1)).mean((0, -2, -1)))


@pytest.fixture
def tiny():
    torch.manual_seed(3)
    network = Tiny().double()
    for layer in (network.first, network.second):
        layer.weight.data.mul_(6)
    return network


def convolved(x, weights, bias):
    """A 3x3 convolution with a border of zeros, by loops: (output, the (place, weight) pairs that read each value)."""
    (channels, height, width), out = x.shape, np.zeros((len(weights), *x.shape[1:])) + bias[:, None, None]
    reads = np.zeros(x.shape, int)
    for k, c, i, j, a, b in product(range(len(weights)), range(channels), range(height), range(width), *[range(3)] * 2):
        row, column = i + a - 1, j + b - 1
        if 0 <= row < height and 0 <= column < width:
            out[k, i, j] += weights[k, c, a, b] * x[c, row, column]
            reads[c, row, column] += 1
    return out, reads


def fired(currents):
    """Spikes of currents [T, ...] by loops, from rest."""
    spikes = np.zeros_like(currents)
    for place in np.ndindex(currents.shape[1:]):
        v = 0.0
        for t in range(T):
            v = v / 2 + currents[t][place]
            spikes[t][place] = v >= 1
            v = v * (1 - spikes[t][place])
    return spikes


def by_loops(network, image):
    """(MAC, AC) of one image in each convention, and the spikes of both layers: sums over every value and weight."""
    first, second = (layer.weight.detach().numpy() for layer in (network.first, network.second))
    current, _ = convolved(image, first, np.zeros(3))
    spikes = fired(np.stack([current] * T))
    windows = spikes.reshape(T, 3, SIZE // 2, 2, SIZE // 2, 2).sum((3, 5))  # spikes in each
    found = [convolved(window / 4, second, network.second.bias.detach().numpy()) for window in windows]
    last = fired(np.stack([out for out, _ in found]))
    cells = (SIZE // 2) ** 2
    mac = SIZE**2 * first.size  # of the image, its border included
    # of neurons: v - v/2 + x, threshold, 1 - s and the reset's sum; before the first step v - v/2 needs no addition
    neurons = (6 * T - 1) * (current.size + last[0].size)
    strict = mac + T * cells * second.size + 4 * 5, neurons + T * 3 * cells * (4 - 1) + 4 * (T * cells - 1)
    behind = sum(int((window * reads).sum()) for window, (_, reads) in zip(windows, found, strict=True))
    return strict, (mac, neurons + behind + int(last.sum()) * 5), spikes.sum(), last.sum()


def test_both_conventions_equal_loops_over_every_weight_and_spike(tiny):
    images = torch.randn(2, 2, SIZE, SIZE, dtype=torch.float64, generator=torch.Generator().manual_seed(5))
    found = energy_per_image(tiny, images)
    each = [by_loops(tiny, image.numpy()) for image in images]
    assert all(0 < first < T * 3 * SIZE**2 and 0 < last < T * 4 * 4 for _, _, first, last in each)
    for place, counted in enumerate((found, found["folded"])):
        mac, ac = (sum(one[place][kind] for one in each) / 2 for kind in (0, 1))
        assert (counted["mac"], counted["ac"]) == (mac, ac)
        assert counted["compute_nj"] == pytest.approx((4.6 * mac + 0.9 * ac) / 1000, abs=1e-3)
    # float64: 8 bytes of each weight read and of each bias; 16 of each membrane and step, read and written
    membranes, biases = T * (3 * SIZE**2 + 4 * 4), T * 4 * 4 + 5
    read = found["mac"] + biases + 2 * membranes
    assert found["memory_nj"] == pytest.approx(24.96 * 8 * read / 1000, abs=1e-3)
    driven = found["folded"]["ac"] - (6 * T - 1) * (3 * SIZE**2 + 4 * 4)
    read = found["folded"]["mac"] + driven + biases + 2 * membranes
    assert found["folded"]["memory_nj"] == pytest.approx(24.96 * 8 * read / 1000, abs=1e-3)


def totals(network, x):
    """All counts of a pass, as whole numbers."""
    with torch.no_grad(), stepping(network), Counting(network) as counted:
        network.eval()(x)
    return [(counts.mac, counts.ac, counts.read) for counts in (counted.strict, counted.folded)]


STUDENTS = [
    ("resnet8", {"width": 1}),
    ("resnet8", {"width": 1, "last_activation": "relu", "head": "two_linear"}),
    ("spikformer", {"dim": 32, "depth": 1}),
    ("sew_resnet18", {}),
    ("spiking_resnet18", {}),
]


@pytest.mark.parametrize("trained", [False, True], ids=["untrained", "lively"])
@pytest.mark.parametrize(("name", "options"), STUDENTS)
def test_an_image_costs_the_same_alone_and_beside_any_other(name, options, trained):
    random = torch.Generator().manual_seed(7)
    x = torch.randn(4, 3, 32, 32, generator=random)
    x[0] = 0  # nothing spikes: all that an untrained network computes of it is 0
    torch.manual_seed(1)
    network = build_student(name, 5, timesteps=2, **options)
    network = lively(network, x) if trained else network.eval()
    alone = np.array([totals(network, image[None]) for image in x])
    for batch in ([0, 1], [3, 1, 2], [0, 1, 2, 3], [2, 2]):
        assert (np.array(totals(network, x[batch])) == alone[batch].sum(0)).all()
    assert len({tuple(one) for one in alone[:, 0, :1]}) == 1, "MACs of the strict count depend on sizes alone"


def test_a_silent_stage_is_no_spike():
    """All of it is 0, whose pool once passed for spikes where no other image of the batch spiked."""
    torch.manual_seed(0)
    network, x = build_student("resnet8", 10, width=1, timesteps=4), torch.randn(8, 3, 16, 16)
    stem, shortcuts, head = 3 * 16 * 9 * 16**2, 4 * (16 * 32 * 8**2 + 32 * 64 * 4**2), 64 * 10
    for images in (x, x[:1], torch.zeros_like(x)):
        found = energy_per_image(network, images)
        assert found["mac"] == stem + shortcuts + head == 373_376
        assert found["folded"]["mac"] == stem


@pytest.mark.parametrize(("name", "options"), [one for one in STUDENTS if one[0] != "spikformer"])
def test_strict_counts_equal_spikingjellys_where_every_layer_is_active(name, options):
    torch.manual_seed(2)
    x = torch.randn(2, 3, 32, 32)
    network = lively(build_student(name, 5, timesteps=2, **options), x)
    ignored = [nn.BatchNorm1d, nn.BatchNorm2d]
    mac, ac = MACCounter(extra_ignore_modules=ignored), ACCounter(extra_ignore_modules=ignored)
    with torch.no_grad(), stepping(network), DispatchCounterMode([mac, ac]):
        network(x)
    assert totals(network, x)[0][:2] == (mac.get_total(), ac.get_total())


def test_conventions_differ_in_pools_of_spikes_alone():
    x = torch.randn(2, 3, 32, 32)
    for network in (build_teacher("resnet8", 5, width=1), lively(build_student("sew_resnet18", 5, timesteps=2), x)):
        strict, folded = totals(network, x)
        assert strict == folded


def partly_written(x):
    spikes = (x > 0).float()
    spikes[0, :2] = x[0, :2]
    return spikes


@pytest.mark.parametrize(
    ("made", "mac", "ac"),
    [
        (lambda x: (x > 0).float(), 0, 2),
        (lambda x: torch.cat([(x > 0).float()] * 2, 1).flatten(1)[:, :4], 0, 2),
        (lambda x: (x > 0).float() * (x > 1).float(), 0, 1),
        (lambda x: (x > 0).float() * x, 4, 0),
        (lambda x: (x > 0).float() + (x > 1).float(), 4, 0),
        (lambda x: (x > 0).float().add_(1), 4, 0),
        (partly_written, 4, 0),
        (lambda x: x.relu().clamp(max=1), 4, 0),
    ],
    ids=["compared", "moved", "both", "masked", "summed", "overwritten", "written in part", "by chance"],
)
def test_spikes_are_what_was_compared_not_what_is_0_or_1(made, mac, ac):
    x, layer = torch.tensor([[-1.0, 0.0, 1.0, 2.0]]), nn.Linear(4, 1, bias=False)
    with torch.no_grad(), Counting(layer) as counted:
        y, before = made(x), counted.strict.ac
        layer(y)
    assert (counted.strict.mac, counted.strict.ac - before) == (mac, ac)
