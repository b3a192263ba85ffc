"""A step recorded once as a CUDA graph and then replayed: one launch in place of a thousand.

Where kernels are short, a GPU waits for Python to launch them. A graph holds all of them, with the addresses of their
tensors; replaying it costs Python one call. What torch's documentation ("CUDA semantics", "CUDA Graphs") asks for:

- The work is computed a few times before, on the stream that records it, on which backward passes then run as well.
- Its tensors stay where they are: inputs are copied into tensors of the graph's own; weights, statistics, momentum and
  learning rates are changed in place. Gradients may lie in the graph's own memory, as each replay makes them anew. A
  number of Python's stays what it was at the recording.
- Nothing in it waits for the GPU. Random numbers come from CUDA's default generator, which every graph knows, or from
  one that it is told of: either goes on from replay to replay as from step to step, and may be seeded between them.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

import torch

from ckdsnn.errors import CkdsnnError

WARM_UP = 3  # calls before the recording, in which libraries set themselves up and compilers compile


Tensors = tuple[torch.Tensor, ...]


class Graph(Protocol):
    """What records work and replays it."""

    def run(self, work: Callable[[], Tensors]) -> Tensors: ...
    def record(self, work: Callable[[], Tensors]) -> Tensors: ...
    def replay(self) -> None: ...


def check_kind(kind: str) -> None:
    """Raise CkdsnnError for a kind of device whose work cannot be recorded."""
    if kind != "cuda":
        raise CkdsnnError(f"graph = True needs a CUDA device; a step on {kind} has no graph")


class CudaGraph:
    """The work of one GPU, on a stream of its own. Raises CkdsnnError for another device.

    generator: one besides CUDA's default from which the work draws random numbers.
    """

    def __init__(self, device: torch.device, generator: torch.Generator | None = None):
        check_kind(device.type)
        self.stream, self.graph = torch.cuda.Stream(device), torch.cuda.CUDAGraph()
        if generator is not None:
            self.graph.register_generator_state(generator)

    def run(self, work: Callable[[], Tensors]) -> Tensors:
        """Do the work without recording it."""
        outside = torch.cuda.current_stream(self.stream.device)
        self.stream.wait_stream(outside)
        with torch.cuda.stream(self.stream):
            result = work()
        outside.wait_stream(self.stream)
        return result

    def record(self, work: Callable[[], Tensors]) -> Tensors:
        """Note what the work launches, without doing it: the results are filled by each replay.

        After a failure the generators may be unusable in this process.
        """
        # other threads may go on meanwhile, such as the one that pins the next pictures
        recording = torch.cuda.graph(self.graph, stream=self.stream, capture_error_mode="thread_local")
        with own_workspaces(), torch.cuda.stream(self.stream), recording:  # left also on failure
            return work()

    def replay(self) -> None:
        self.graph.replay()


@contextmanager
def own_workspaces() -> Iterator[None]:
    """Let cuBLAS take the workspaces that it needs in the block from the memory of the graph that is recorded there.

    Else the graph would go on using one that torch had made before, for all work on the stream, and that others free:
    Lightning at each end of a training (torch._inductor.cudagraph_trees.clear_cublas_manager does the same).
    """
    torch._C._cuda_clearCublasWorkspaces()
    try:
        yield
    finally:
        torch._C._cuda_clearCublasWorkspaces()


class Replayed:
    """`work(*inputs)`, a step that returns tensors, replayed from its call number WARM_UP + 1 on.

    Every call is one step: the first ones are computed as usual, and so is a call whose inputs have other shapes or
    types than the first one's, as an epoch's last batch may. Raises CkdsnnError for work that cannot be recorded.
    """

    def __init__(self, work: Callable[..., Tensors], graph: Graph):
        self.work, self.graph = work, graph
        self.inputs: list[torch.Tensor] = []
        self.results: Tensors | None = None
        self.calls = 0

    def __call__(self, *inputs: torch.Tensor) -> Tensors:
        self.inputs = self.inputs or [x.clone() for x in inputs]
        if [form(x) for x in inputs] != [form(x) for x in self.inputs]:
            return self.graph.run(lambda: self.work(*inputs))
        for own, given in zip(self.inputs, inputs, strict=True):
            own.copy_(given)
        self.calls += 1
        if self.calls <= WARM_UP:
            return self.graph.run(lambda: self.work(*self.inputs))
        if self.results is None:
            self.results = self.record()
        self.graph.replay()
        return tuple(x.clone() for x in self.results)  # the next replay overwrites them

    def record(self) -> Tensors:
        try:
            return self.graph.record(lambda: self.work(*self.inputs))
        except RuntimeError as error:
            raise CkdsnnError(f"this step cannot be recorded as a CUDA graph; set graph = False: {error}") from error


def form(x: torch.Tensor) -> tuple:
    """What a graph takes for granted of an input; a layout it does not, as inputs are copied into its own."""
    return x.shape, x.dtype, x.device
