"""The landscape: directions as defined, closed forms on a quadratic and on a linear layer, a network left as it was."""

import copy
from functools import partial

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from ckdsnn.models import Features, build_student
from ckdsnn.records.study import STUDIES
from ckdsnn.studies.landscape import measure as module
from ckdsnn.studies.landscape.measure import (
    DISTANCES,
    FLATNESS_AT,
    SIZES,
    Sizes,
    curve,
    displaced,
    filter_norm,
    filters_of,
    loss_and_accuracy,
    plane,
    random_direction,
    rise,
    steps,
)
from ckdsnn.studies.study import study
from ckdsnn.studies.subject import Subject
from tests.networks import lively

IMAGES = torch.randn(70, 3, 16, 16, generator=torch.Generator().manual_seed(1))
LABELS = torch.arange(70) % 10


@pytest.fixture(scope="module")
def network():
    """A student that sees two time steps."""
    torch.manual_seed(0)
    return lively(build_student("resnet8", 10, width=1, timesteps=2), IMAGES)


@pytest.fixture(scope="module")
def weights(network):
    return filters_of(network)


def norms(tensor):
    """Of each filter, in float64, one by one."""
    return [np.sqrt(sum(x * x for x in part.double().flatten().tolist())) for part in tensor]


def test_every_filter_of_a_direction_is_as_long_as_the_networks(weights):
    direction = random_direction(weights, 0)
    assert direction.keys() == weights.keys()
    for name, weight in weights.items():
        np.testing.assert_allclose(norms(direction[name]), norms(weight), rtol=1e-5)


def test_convolutions_and_classifier_move_biases_and_normalisation_do_not(network, weights):
    kinds = {f"{name}.weight" for name, part in network.named_modules() if isinstance(part, (nn.Conv2d, nn.Linear))}
    assert weights.keys() == kinds


def test_the_norm_is_that_of_all_convolutions(network):
    squares = [float((m.weight.detach().double() ** 2).sum()) for m in network.modules() if isinstance(m, nn.Conv2d)]
    assert len(squares) > 5 and filter_norm(network) == pytest.approx(sum(squares) ** 0.5)


def test_a_seed_fixes_its_directions_which_differ_and_are_nearly_orthogonal(weights):
    def flat(*which):
        return torch.cat([part.flatten() for part in random_direction(weights, *which).values()])

    assert torch.equal(flat(0), flat(0))
    for other in (flat(1), flat(0, 1)):
        assert torch.cosine_similarity(flat(0), other, dim=0).abs() < 0.02


@settings(max_examples=20, deadline=None)
@given(st.lists(st.floats(0.01, 100), min_size=4, max_size=4))
def test_filters_of_another_length_give_the_same_direction_at_that_length(factors):
    """So directions are paired: networks of one architecture get the same draws."""
    weight = torch.randn(4, 3, 3, 3, generator=torch.Generator().manual_seed(2))
    scale = torch.tensor(factors).view(4, 1, 1, 1)
    scaled = random_direction({"w": scale * weight}, 0)["w"]
    torch.testing.assert_close(scaled, scale * random_direction({"w": weight}, 0)["w"])


def test_a_dead_filter_stays_dead():
    direction = random_direction({"w": torch.cat([torch.zeros(1, 5), torch.ones(1, 5)])}, 0)["w"]
    assert not direction[0].any() and direction[1].all()


def test_a_quadratic_loss_has_its_closed_form_and_its_rise_forgets_the_slope():
    """L(w) = w.A w / 2 + g.w: along d it is L + a (A w + g).d + a^2 d.A d / 2."""
    random = np.random.default_rng(0)
    a, g, w = random.standard_normal((6, 6)), random.standard_normal(6), random.standard_normal((2, 3))
    a = a @ a.T
    start = {"w": torch.tensor(w)}
    d, e = (random_direction(start, index) for index in (0, 1))

    def measure(weights):
        x = weights["w"].flatten().numpy()
        return x @ a @ x / 2 + g @ x, 0.0

    x, u, v = (part["w"].flatten().numpy() for part in (start, d, e))
    slope = a @ x + g
    expected = [measure(start)[0] + s * slope @ u + s * s * u @ a @ u / 2 for s in DISTANCES]
    losses = torch.tensor(curve(measure, start, d, measure(start)))[:, 0]
    np.testing.assert_allclose(losses, expected, rtol=1e-5)
    assert rise(losses).item() == pytest.approx(FLATNESS_AT**2 * u @ a @ u / 2, rel=1e-4)
    assert rise(losses, 0.5).item() == pytest.approx(0.5**2 * u @ a @ u / 2, rel=1e-4)

    grid = steps(4)
    rows = torch.tensor(plane(measure, start, d, e, grid))[..., 0]
    for place in ((0, 0), (3, 7), (8, 0), (4, 4)):
        step = grid[place[1]] * u + grid[place[0]] * v  # columns along d, rows along e
        height = measure(start)[0] + slope @ step + step @ a @ step / 2
        assert rows[place].item() == pytest.approx(height, rel=1e-4, abs=1e-4)


class Linear(nn.Linear):
    """One linear layer that answers as networks do."""

    def forward(self, x):
        return Features(super().forward(x), ())


def test_a_linear_layer_has_its_cross_entropy_by_hand():
    torch.manual_seed(0)
    layer, x = Linear(7, 10), torch.randn(70, 7)
    start = filters_of(layer)
    direction = random_direction(start, 0)
    found = curve(partial(loss_and_accuracy, layer, x, LABELS), start, direction, centre=(0.0, 0.0))
    w, d, b, rows = (t.detach().double().numpy() for t in (layer.weight, direction["weight"], layer.bias, x))
    for step, (loss, accuracy) in zip(DISTANCES, found, strict=True):
        logits = rows @ (w + step * d).T + b
        chances = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
        assert step == 0 or loss == pytest.approx(-np.log(chances[range(70), LABELS]).mean(), rel=1e-5)
        assert step == 0 or accuracy == pytest.approx(100 * (logits.argmax(1) == LABELS.numpy()).mean())


def test_a_point_is_that_of_a_network_which_really_has_these_weights(network, weights):
    moved = displaced(weights, (0.2, random_direction(weights, 0)), (-0.1, random_direction(weights, 1)))
    other = copy.deepcopy(network)
    other.load_state_dict(network.state_dict() | moved)
    with torch.no_grad():
        logits = other(IMAGES).logits
    loss, accuracy = loss_and_accuracy(network, IMAGES, LABELS, moved)
    assert loss == pytest.approx(nn.functional.cross_entropy(logits, LABELS).item(), rel=1e-5)
    assert accuracy == pytest.approx(100 * (logits.argmax(1) == LABELS).float().mean().item())
    assert loss != loss_and_accuracy(network, IMAGES, LABELS, weights)[0]


def state_of(network):
    return copy.deepcopy(network.state_dict()), {name: part.training for name, part in network.named_modules()}


@pytest.fixture
def whole(network):
    """Checks that the network, in training mode, is to the last bit what it was."""
    network.train()
    (state, modes), owned = state_of(network), list(network.parameters())
    yield network
    assert state_of(network)[1] == modes and all(x is y for x, y in zip(owned, network.parameters(), strict=True))
    assert all(torch.equal(tensor, state[name]) for name, tensor in network.state_dict().items())
    network.eval()


def test_the_network_is_left_as_it_was(whole, weights):
    loss_and_accuracy(whole, IMAGES, LABELS, displaced(weights, (0.5, random_direction(weights, 0))))


def test_the_network_is_left_as_it_was_also_by_a_failure(whole, weights):
    with pytest.raises(ValueError, match="expected images"):
        loss_and_accuracy(whole, IMAGES[:, :2], LABELS, displaced(weights, (0.5, random_direction(weights, 0))))


@pytest.fixture(scope="module")
def made(record, copy_of_results, tmp_path_factory):
    """The study of the tiny student, and a folder with its record and weights."""
    folder = copy_of_results(tmp_path_factory.mktemp("landscape"))
    return study("landscape", record.id, folder), folder


def test_the_study_has_the_sizes_that_it_states(made):
    found, folder = made
    sizes, values = SIZES["smoke"], found.values
    counts = {"images": sizes.images, "directions": sizes.directions, "plane_images": sizes.plane_images}
    assert found.settings == counts | {"seed": 0, "flatness_at": FLATNESS_AT}
    shape = (sizes.directions, len(DISTANCES))
    assert np.shape(values["loss"]) == np.shape(values["accuracy"]) == shape
    assert np.shape(values["rise"]) == np.shape(values["lost"]) == shape[:1]
    assert np.shape(values["plane"]) == (len(values["grid"]),) * 2 and values["distances"] == list(DISTANCES)
    assert STUDIES.path(found.id, folder).stat().st_size < 20_000


def test_the_centre_is_the_trained_network_on_its_training_images(made, record):
    found, folder = made
    subject, sizes = Subject(record, folder), SIZES["smoke"]
    images, labels = subject.training_images(sizes.images)
    with torch.no_grad():
        logits = subject.network(images).logits
    loss = nn.functional.cross_entropy(logits, labels).item()
    accuracy = 100 * (logits.argmax(1) == labels).double().mean().item()
    middle = len(DISTANCES) // 2
    np.testing.assert_allclose([row[middle] for row in found.values["loss"]], loss, rtol=1e-5)
    np.testing.assert_allclose([row[middle] for row in found.values["accuracy"]], accuracy, rtol=1e-5)
    few = sizes.plane_images
    centre = nn.functional.cross_entropy(logits[:few], labels[:few]).item()
    assert found.values["plane"][sizes.plane_half][sizes.plane_half] == pytest.approx(centre, rel=1e-4)


def test_rises_and_losses_of_accuracy_are_read_off_the_curves(made):
    values = made[0].values
    left, right = (DISTANCES.index(step) for step in (-FLATNESS_AT, FLATNESS_AT))
    for name, kept, sign in (("rise", "loss", 1), ("lost", "accuracy", -1)):
        curves = np.array(values[kept])
        expected = sign * ((curves[:, left] + curves[:, right]) / 2 - curves[:, 5])
        np.testing.assert_allclose(values[name], expected, atol=1e-3)


def test_the_plane_crosses_the_curves_of_its_two_directions(made, record, monkeypatch):
    """With as many images and distances for both, its middle column and row are the first two curves."""
    monkeypatch.setitem(SIZES, "smoke", Sizes(images=8, directions=2, plane_images=8, plane_half=5))
    _, values = module.landscape(Subject(record, made[1]))
    torch.testing.assert_close(values["plane"][5].double(), values["loss"][0])
    torch.testing.assert_close(values["plane"][:, 5].double(), values["loss"][1])


def test_distances_are_even_and_hit_the_one_of_the_flatness():
    assert DISTANCES == (-0.5, -0.4, -0.3, -0.2, -0.1, 0, 0.1, 0.2, 0.3, 0.4, 0.5)
    np.testing.assert_allclose(steps(3), np.linspace(-0.5, 0.5, 7))
