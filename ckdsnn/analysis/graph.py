"""A step recorded once as a CUDA graph and then replayed: one launch in place of a thousand.

Where kernels are short, a GPU waits for Python to launch them. A graph holds all of them, with the addresses of their
tensors; replaying it costs Python one call. What torch's documentation ("CUDA semantics", "CUDA Graphs") asks for:

- The work is computed a few times before, on the stream that records it, on which backward passes then run as well.
- Its tensors stay where they are: inputs are copied into tensors of the graph's own; weights, statistics, momentum and
  learning rates are changed in place. Gradients may lie in the graph's own memory, as each replay makes them anew. A
  number of Python's stays what it was at the recording.
- Nothing in it waits for the GPU. Random numbers come from CUDA's default generator, which every graph knows: it goes
  on from replay to replay as from step to step.
"""

from collections.abc import Callable
from typing import Protocol

import torch

from ckdsnn.errors import CkdsnnError

WARM_UP = 3  # calls before the recording, in which libraries set themselves up and compilers compile


class Graph(Protocol):
    """What records work and replays it."""

    def run(self, work: Callable[[], torch.Tensor]) -> torch.Tensor: ...
    def record(self, work: Callable[[], torch.Tensor]) -> torch.Tensor: ...
    def replay(self) -> None: ...


class CudaGraph:
    """The work of one GPU, on a stream of its own. Raises CkdsnnError for another device."""

    def __init__(self, device: torch.device):
        if device.type != "cuda":
            raise CkdsnnError(f"graph = True needs a CUDA device; a step on {device.type} has no graph")
        self.stream, self.graph = torch.cuda.Stream(device), torch.cuda.CUDAGraph()

    def run(self, work: Callable[[], torch.Tensor]) -> torch.Tensor:
        """Do the work without recording it."""
        outside = torch.cuda.current_stream(self.stream.device)
        self.stream.wait_stream(outside)
        with torch.cuda.stream(self.stream):
            result = work()
        outside.wait_stream(self.stream)
        return result

    def record(self, work: Callable[[], torch.Tensor]) -> torch.Tensor:
        """Note what the work launches, without doing it: the result is filled by each replay.

        After a failure CUDA's default generator may be unusable in this process.
        """
        with torch.cuda.stream(self.stream), torch.cuda.graph(self.graph, stream=self.stream):  # left also on failure
            return work()

    def replay(self) -> None:
        self.graph.replay()


class Replayed:
    """`work(*inputs)`, a step that returns a tensor, replayed from its call number WARM_UP + 1 on.

    Every call is one step: the first ones are computed as usual, and so is a call whose inputs have other shapes,
    layouts or types than the first one's, as an epoch's last batch may. Raises CkdsnnError for work that cannot be
    recorded.
    """

    def __init__(self, work: Callable[..., torch.Tensor], graph: Graph):
        self.work, self.graph = work, graph
        self.inputs: list[torch.Tensor] = []
        self.result: torch.Tensor | None = None
        self.calls = 0

    def __call__(self, *inputs: torch.Tensor) -> torch.Tensor:
        self.inputs = self.inputs or [x.clone() for x in inputs]
        if [form(x) for x in inputs] != [form(x) for x in self.inputs]:
            return self.graph.run(lambda: self.work(*inputs))
        for own, given in zip(self.inputs, inputs, strict=True):
            own.copy_(given)
        self.calls += 1
        if self.calls <= WARM_UP:
            return self.graph.run(lambda: self.work(*self.inputs))
        if self.result is None:
            self.result = self.record()
        self.graph.replay()
        return self.result.clone()  # the next replay overwrites it

    def record(self) -> torch.Tensor:
        try:
            return self.graph.record(lambda: self.work(*self.inputs))
        except RuntimeError as error:
            raise CkdsnnError(f"this step cannot be recorded as a CUDA graph; set graph = False: {error}") from error


def form(x: torch.Tensor) -> tuple:
    """What a graph takes for granted of an input."""
    return x.shape, x.stride(), x.dtype, x.device
