"""Batch normalisation over all devices: whatever the network, it computes the same and comes back as it was."""

import pytest
import torch
from torch.nn.modules.batchnorm import _BatchNorm

from ckdsnn.inputs import InputSpec
from ckdsnn.measures.energy import energy_per_image
from ckdsnn.models import STUDENTS, build_student
from ckdsnn.training.synced import SyncedNorm, SyncedNorms

SMALL = {"width": 1, "depth": 1, "dim": 32}
FAMILIES = ("resnet8", "spiking_resnet18", "sew_resnet18", "spikformer")


@pytest.mark.parametrize("name", FAMILIES)
def test_a_network_computes_the_same_and_comes_back_as_it_was(name):
    torch.manual_seed(0)
    options = {option: SMALL[option] for option in STUDENTS[name].options.keys() & SMALL.keys()}
    network, x = build_student(name, 10, 2, InputSpec(3, 32, 32), **options), torch.randn(3, 3, 32, 32)
    network(x)  # statistics that differ from fresh ones
    parts, keys = dict(network.eval().named_modules()), list(network.state_dict())
    with torch.no_grad():
        before, energy, synced = network(x).logits, energy_per_image(network, x), SyncedNorms()
        assert synced.apply(network) is network
        assert all(isinstance(m, SyncedNorm) for m in network.modules() if isinstance(m, _BatchNorm))
        torch.testing.assert_close(network(x).logits, before)
        assert list(network.state_dict()) == keys
        assert synced.revert(network) is network
        assert torch.equal(network(x).logits, before) and energy_per_image(network, x) == energy
    assert dict(network.named_modules()) == parts


def test_what_is_learned_meanwhile_is_kept():
    network, synced = build_student("resnet8", 10, 2, width=1), SyncedNorms()
    synced.apply(network)
    for parameter in network.parameters():
        parameter.data.add_(1)
    learned = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    synced.revert(network)
    assert all(torch.equal(tensor, learned[name]) for name, tensor in network.state_dict().items())
