"""From a recipe to its objective: which adapters, of which weights, and what else the seed must not touch."""

import pytest
import torch
from torch import nn

from ckdsnn.assemble import build_network, build_objective
from ckdsnn.distill import LOSSES
from ckdsnn.errors import CkdsnnError
from ckdsnn.recipe import RECIPES
from ckdsnn.recipe.checks import DRAWING

RECIPE = RECIPES["digits-kdsnn"].replace(losses="kdsnn+bkd+at")
TEACHER = RECIPES["digits-teacher"]


def objective(recipe=RECIPE, seed=0, width=2):
    student = build_network(recipe, 10, seed)
    return build_objective(recipe, build_network(TEACHER.replace(width=width), 10), student, seed)


def channels(adapters):
    """Input and output channels of the first convolution of each adapter that has any."""
    firsts = {name: next((p for p in adapter.parameters()), None) for name, adapter in adapters.items()}
    return {name: (p.shape[1], p.shape[0]) for name, p in firsts.items() if p is not None}


@pytest.mark.parametrize(("stage", "expected"), [(-1, (64, 128)), (2, (64, 128)), (0, (16, 32)), (1, (32, 64))])
def test_adapters_fit_the_stages_of_both_networks(stage, expected):
    adapters = objective(RECIPE.replace(stage=stage)).adapters
    assert channels(adapters) == dict.fromkeys(("kdsnn", "bkd"), expected)


def test_adapters_for_a_network_that_returns_no_stages_are_refused():
    with pytest.raises(CkdsnnError, match="Conv2d returns a Tensor: expected Features; Tapped makes them"):
        build_objective(RECIPE, nn.Conv2d(3, 4, 1), build_network(RECIPE, 10))


def test_equal_widths_need_no_matching():
    assert channels(objective(width=1).adapters) == {"bkd": (64, 64)}


def test_the_seed_decides_the_adapters_weights_and_nothing_else():
    before = torch.get_rng_state()
    first, again, other = (objective(seed=seed).state_dict() for seed in (3, 3, 4))
    assert torch.equal(torch.get_rng_state(), before)
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not any(torch.equal(first[name], other[name]) for name in first)


def test_looking_at_the_channels_leaves_the_networks_as_they_were():
    student, teacher = build_network(RECIPE, 10, 1), build_network(TEACHER, 10)
    build_objective(RECIPE, teacher, student, 1)
    fresh = build_network(RECIPE, 10, 1).state_dict()
    assert student.training
    assert all(torch.equal(tensor, fresh[name]) for name, tensor in student.state_dict().items())


@pytest.mark.parametrize("name", LOSSES)
def test_the_terms_that_draw_are_known(name):
    generator = torch.Generator().manual_seed(0)
    fresh, recipe = generator.get_state(), RECIPES["digits-kd"].replace(losses=name)
    student = build_network(recipe, 10)
    x, y = torch.rand(4, 3, 16, 16), torch.arange(4)
    build_objective(recipe, build_network(TEACHER, 10), student)(x, y, student(x), generator)
    assert (name in DRAWING) != torch.equal(generator.get_state(), fresh)


def test_adapters_cannot_be_made_without_the_student():
    with pytest.raises(CkdsnnError, match="the terms kdsnn, bkd need adapters"):
        build_objective(RECIPE, build_network(TEACHER, 10))
