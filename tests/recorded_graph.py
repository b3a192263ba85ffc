"""What a CUDA graph does, on a CPU: work is noted operation by operation, and repeated on the very same memory."""

from collections.abc import Callable

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from ckdsnn.analysis.graph import Tensors

aten = torch.ops.aten
WAITING = {aten._local_scalar_dense.default, aten.is_nonzero.default, aten.nonzero.default, aten.lift_fresh.default}


def tensors(tree) -> list[torch.Tensor]:
    return [leaf for leaf in tree_leaves(tree) if isinstance(leaf, torch.Tensor)]


class Recorder(TorchDispatchMode):
    """Notes every operation with its tensors and the numbers it was given; refuses what would wait for a GPU."""

    def __init__(self):
        super().__init__()
        self.operations = []
        self.before: dict[int, tuple[torch.Tensor, torch.Tensor]] = {}
        self.made: set[int] = set()

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        if function in WAITING:
            raise RuntimeError(f"{function} is not permitted while a stream is recorded")
        for tensor in tensors((args, kwargs)):
            place = tensor.untyped_storage().data_ptr()
            if place not in self.made:  # it comes from outside: the recording must leave it as it is
                self.before.setdefault(place, (tensor, tensor.clone()))
        result = function(*args, **(kwargs or {}))
        self.made |= {tensor.untyped_storage().data_ptr() for tensor in tensors(result)} - self.before.keys()
        self.operations.append((function, args, kwargs or {}, result))
        return result


class RecordedGraph:
    """A `Graph` of a CPU. A number that was Python's at the recording stays what it was, as on a GPU."""

    def __init__(self, device: torch.device, generator: torch.Generator | None = None):
        self.recorder = Recorder()
        self.generator = generator or torch.default_generator

    def run(self, work: Callable[[], Tensors]) -> Tensors:
        return work()

    def record(self, work: Callable[[], Tensors]) -> Tensors:
        random = self.generator.get_state()
        with self.recorder:
            result = work()
        self.generator.set_state(random)
        with torch.no_grad():
            for tensor, value in self.recorder.before.values():
                tensor.copy_(value)
        for made in tensors([operation[-1] for operation in self.recorder.operations]):
            if made.untyped_storage().data_ptr() not in self.recorder.before and made.is_floating_point():
                made.detach().fill_(torch.nan)  # nothing is computed before the first replay
        return result

    @torch.no_grad()
    @torch.autocast("cpu", enabled=False)  # casts are operations as all others, and have been noted
    def replay(self) -> None:
        for function, args, kwargs, result in self.recorder.operations:
            again = function(*args, **kwargs)
            fresh = [returned.alias_info is None for returned in function._schema.returns]
            if all(fresh):  # else it has written into its arguments, or looks at them
                for old, new in zip(tensors(result), tensors(again), strict=True):
                    old.copy_(new)


def stand_in(monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    """Let a graph be the stand-in in the module `place`, and nothing look at the labels, as on a GPU nothing does."""
    monkeypatch.setattr(f"{place}.CudaGraph", RecordedGraph)
    for module in ("objective", "maps"):
        monkeypatch.setattr(f"ckdsnn.distill.{module}.check_classes", lambda *_, **__: None)
