"""Spikformer (Zhou et al. 2023): a spiking transformer, by spikingjelly's builder with the paper's neuron.

Its stages are its blocks. Their outputs are sums of spikes, the block's input and those of attention and of the MLP,
on the grid of the patches [T, B, C, H, W]; its head is linear behind the mean over the patches. All neurons are the
paper's with threshold 1, those behind the attention too, for which the authors of Spikformer take half.
"""

from functools import partial

from torch import nn

from ckdsnn.errors import CkdsnnError, check_count
from ckdsnn.inputs import InputSpec
from ckdsnn.models.neurons import LIF
from ckdsnn.models.over_time import Spiking
from ckdsnn.models.tapped import Tapped

PATCHES = (4, 16)  # side in pixels
CHANNELS_OF_HEAD = 32  # of an attention head, as in the published 4-384


def spikformer(
    num_classes: int, inputs: InputSpec, timesteps: int, depth: int = 4, dim: int = 384, patch: int = 4
) -> nn.Module:
    """A Spikformer of `depth` blocks of `dim` channels over patches of `patch` pixels; "4-384" is depth 4, dim 384.

    Raises CkdsnnError for a dim that is no multiple of 32, another patch than 4 or 16, and images that do not divide
    into patches.
    """
    from spikingjelly.activation_based.model.spikformer import Spikformer

    depth, dim, patch = check_count("depth", depth), check_count("dim", dim), check_count("patch", patch)
    if dim % CHANNELS_OF_HEAD:
        raise CkdsnnError(f"dim = {dim}; expected a multiple of {CHANNELS_OF_HEAD}, the channels of an attention head")
    if patch not in PATCHES or inputs.height % patch or inputs.width % patch:
        known = ", ".join(map(str, PATCHES))
        raise CkdsnnError(
            f"patch = {patch} of images {inputs.height} x {inputs.width}; expected one of {known} that divides both"
        )
    network = Spikformer(
        T=timesteps,
        in_channels=inputs.channels,
        img_size_h=inputs.height,
        img_size_w=inputs.width,
        patch_size=patch,
        num_classes=num_classes,
        embed_dims=dim,
        num_heads=dim // CHANNELS_OF_HEAD,
        depths=depth,
        spiking_neuron=partial(sequence_neuron, timesteps),
    )
    return Spiking(Tapped(network, [f"blocks.{block}" for block in range(depth)], "head"), timesteps, inputs.channels)


def sequence_neuron(timesteps: int, step_mode: str) -> LIF:
    """The paper's neuron as spikingjelly's builder asks for it, always for whole sequences."""
    return LIF(timesteps, folded=False)
