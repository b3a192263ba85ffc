"""The paper's spiking neuron: spikingjelly's, and twins of it that are often faster.

Leaky integrate-and-fire (released configuration: threshold 1, decay 0.5, hard reset to 0, triangular surrogate):

    h[t] = v[t-1] / 2 + x[t]        s[t] = 1 if h[t] >= 1 else 0        v[t] = h[t] (1 - s[t])
    ds/dh := max(0, 1 - |h - 1|), and the reset's own dependence on s[t] is kept in the gradient.
"""

import torch
from spikingjelly.activation_based import neuron, surrogate
from torch import nn

from ckdsnn.engine import Engine
from ckdsnn.errors import CkdsnnError, check_count
from ckdsnn.models.compiled_lif import CompiledLIF
from ckdsnn.models.fused import FusedLIF


class LIF(nn.Module):
    """LIF neurons over `timesteps` steps.

    Input and output: [T*B, ...], time folded into the batch, all of step 0 first; or, not `folded`, [T, B, ...].
    One call is one whole sequence: the membrane starts at rest and nothing is kept afterwards, so that no caller can
    forget to reset it. `kind`: how it is computed, see `Engine.neuron`. Raises CkdsnnError for less than one step, and
    an input of another number of steps.

    >>> neuron = LIF(timesteps=3, folded=False)
    >>> neuron(torch.full((3, 1), 0.6)).flatten().tolist()  # 0.6, then 0.3 + 0.6, then 0.45 + 0.6 >= 1
    [0.0, 0.0, 1.0]
    """

    def __init__(self, timesteps: int, folded: bool = True):
        super().__init__()
        self.timesteps, self.folded = check_count("timesteps", timesteps), folded
        self.kind = "auto"
        self.node = neuron.LIFNode(
            tau=2.0,
            decay_input=False,
            v_threshold=1.0,
            v_reset=0.0,
            surrogate_function=surrogate.PiecewiseQuadratic(alpha=1.0),
            detach_reset=False,
            step_mode="m",
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        spikes = self.fire(self.sequence(x))
        return spikes.flatten(0, 1) if self.folded else spikes

    def fire(self, sequence: torch.Tensor) -> torch.Tensor:
        """Spikes [T, B, ...], computed as `kind` says."""
        if self.kind == "triton":
            return in_one_kernel(sequence)
        if self.kind == "compiled":
            return CompiledLIF.apply(sequence)
        return FusedLIF.apply(sequence) if self.is_fused(sequence.device) else self.step_through(sequence)

    def use(self, switches: Engine) -> None:
        """Compute as the switches say."""
        self.kind = switches.neuron

    def sequence(self, x: torch.Tensor) -> torch.Tensor:
        """The input as [T, B, ...]. Raises CkdsnnError for another T, or folded inputs that do not divide by it."""
        fits = len(x) % self.timesteps == 0 if self.folded else len(x) == self.timesteps
        if not fits:
            axes = f"[{self.timesteps} * B, ...]" if self.folded else f"[{self.timesteps}, B, ...]"
            raise CkdsnnError(f"input of shape {list(x.shape)}: expected {axes}")
        return x.unflatten(0, (self.timesteps, -1)) if self.folded else x

    def is_fused(self, device: torch.device) -> bool:
        """Whether the faster twin computes it on this device: see `Engine.neuron`."""
        return self.kind == "fused" or (self.kind == "auto" and (device.type == "cpu" or self.timesteps == 1))

    def step_through(self, sequence: torch.Tensor) -> torch.Tensor:
        """spikingjelly's neuron, from rest, on [T, B, ...]."""
        self.node.reset()
        spikes = self.node(sequence)
        self.node.reset()  # a kept membrane would hold the graph alive and make the model impossible to copy
        return spikes


def in_one_kernel(sequence: torch.Tensor) -> torch.Tensor:
    """The paper's neuron on [T, B, ...], see `triton_lif`. Raises CkdsnnError where Triton does not run."""
    if not sequence.is_cuda:
        raise CkdsnnError(f"neuron = 'triton' needs a CUDA device, not {sequence.device.type}; expected auto")
    try:
        from ckdsnn.models.triton_lif import TritonLIF  # torch brings Triton on some platforms only
    except ImportError as error:
        raise CkdsnnError(f"neuron = 'triton': {error}; expected auto") from error
    return TritonLIF.apply(sequence)
