"""What is measured: the cases and the implementations, from the words of the command to contenders."""

import os
import shutil
from dataclasses import asdict, dataclass, replace
from importlib.util import find_spec

import torch

from ckdsnn.analysis.speed import Step, training_step
from ckdsnn.bench.plain import PlainStep
from ckdsnn.bench.reference_step import ReferenceStep
from ckdsnn.engine import Engine, computes_half, engine, using
from ckdsnn.errors import CkdsnnError, check_choice, check_count, shortened
from ckdsnn.models.table import BLOCKS
from ckdsnn.recipe.checks import MOST

WIDTHS = {"cuda": {"resnet19": 8}, "cpu": {"resnet19": 2}}  # the paper's, and what a CPU gets through; else 1
OTHERS = {"reference": ReferenceStep, "spikingjelly": PlainStep}
PRECISIONS = {"ours": "auto", "ours-compiled": "auto", "ours-fp32": "fp32", "ours-bf16": "bf16"}
TURNED = {"ours-compiled": {"neuron": "compiled"}}  # switches that an implementation has by its name alone
IMPLEMENTATIONS = (*OTHERS, *PRECISIONS)
ON_CUDA = ("compile", "graph", "tf32")  # switches that do nothing on a CPU, or take minutes there
SWEPT = {"timesteps": (1, 2, 4, 8), "batch": (16, 32, 64, 128, 256), "width": (1, 2, 4)}


@dataclass(frozen=True)
class Case:
    """One size of the step. Raises CkdsnnError for an unknown model and for sizes below 1."""

    model: str
    width: int
    timesteps: int
    batch: int

    def __post_init__(self):
        check_choice("model", self.model, BLOCKS)  # those that the reference has
        for name in ("width", "timesteps", "batch"):
            most = MOST.get(name, MOST["batch_size"])
            object.__setattr__(self, name, check_count(name, getattr(self, name), 1, most))

    def __str__(self) -> str:
        return f"{self.model}, width {self.width}, T = {self.timesteps}, batch {self.batch}"


def words(text: str) -> list[str]:
    """The parts between commas."""
    return [part.strip() for part in text.split(",")]


def number(name: str, text: str) -> int:
    """Raises CkdsnnError for text that is no integer."""
    try:
        return int(text)
    except ValueError:
        raise CkdsnnError(f"{name} = {shortened(text)}; expected an integer of at least 1") from None


def find_cases(models: str, timesteps: str, batch: int, device: torch.device) -> list[Case]:
    """Every model at every T. `models`: names between commas, each with `:width` or the device's default.

    Raises CkdsnnError, as does `Case`, for what is no number.
    """
    found = []
    for name, _, width in (word.partition(":") for word in words(models)):
        wide = number("width", width) if width else WIDTHS[device.type].get(name, 1)
        found += [Case(name, wide, number("timesteps", steps), batch) for steps in words(timesteps)]
    return list(dict.fromkeys(found))


def find_implementations(names: str, device: torch.device) -> list[str]:
    """The implementations of these names between commas; of none: all that differ on the device and can be had.

    Raises CkdsnnError for an unknown name.
    """
    found = list(dict.fromkeys(words(names))) if names else [*OTHERS, "ours"]
    if not names and device.type == "cpu" and shutil.which(os.environ.get("CXX", "c++")):
        found.append("ours-compiled")
    if not names and computes_half("auto", device.type):
        found.append("ours-fp32")
    for name in found:
        check_choice("implementation", name, IMPLEMENTATIONS)
    return found


def switched(device: torch.device) -> list[str]:
    """Our implementations with one switch of the present engine turned, by name, and in bf16 where that is not usual.

    Not tried: what does nothing there; compiling on a CPU, which takes minutes; keep_memory and tf32, which hold for
    the whole process, and so for all others as well. On CUDA spikingjelly's neuron differs at T = 1 alone.
    """
    untried = {"keep_memory", "tf32", "cpu_bf16"} | ({*ON_CUDA} if device.type == "cpu" else set())
    switches = {name: value for name, value in asdict(engine()).items() if isinstance(value, bool)}
    neurons = ["spikingjelly", *(["triton"] if device.type == "cuda" and find_spec("triton") else [])]
    return [
        *(named("ours", neuron=kind) for kind in neurons),
        *(named("ours", **{name: not value}) for name, value in switches.items() if name not in untried),
        *([] if computes_half("auto", device.type) else ["ours-bf16"]),
    ]


def named(base: str, **switches: bool | str) -> str:
    """The name of an implementation with these switches of the present engine turned."""
    return ", ".join([base, *(f"{name}={value}" for name, value in switches.items())])


def base_of(implementation: str) -> str:
    """An implementation's name without its switches."""
    return implementation.partition(", ")[0]


def switches_of(implementation: str) -> dict[str, bool | str]:
    """The switches that an implementation's name says to be turned."""
    base, *parts = implementation.split(", ")
    turned = TURNED.get(base, {}) | dict(part.split("=") for part in parts)
    return {name: {"True": True, "False": False}.get(text, text) for name, text in turned.items()}


def engine_of(implementation: str) -> Engine:
    """The switches of an implementation by its name."""
    return replace(engine(), **switches_of(implementation))


def build(case: Case, implementation: str, device: torch.device, **changes: bool) -> Step:
    """The step of a case as this implementation computes it; all of a case start from the same weights.

    changes: of the implementation's switches.
    """
    if other := OTHERS.get(implementation):
        with using(Engine()):  # whatever the present switches are
            return other(build(case, "ours-fp32", device))
    sizes, switches = asdict(case), replace(engine_of(implementation), **changes)
    with using(switches), torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        precision = PRECISIONS[base_of(implementation)]
        return training_step(sizes.pop("model"), **sizes, device=device, precision=precision)


def sweep_cases(batch: int) -> dict[str, list[Case]]:
    """ResNet-20 along each axis of SWEPT from T = 1, this batch and width 1."""
    start = Case("resnet20", 1, 1, batch)
    return {axis: [replace(start, **{axis: value}) for value in values] for axis, values in SWEPT.items()}
