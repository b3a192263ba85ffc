"""The weights of runs, in <out>/weights/<id>.safetensors, each written once and atomically."""

import os
import re
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import nn

from ckdsnn.errors import CkdsnnError
from ckdsnn.files import atomic, inside, sha256_file
from ckdsnn.records.record import Record
from ckdsnn.records.store import check_file

OBJECTIVE = "objective."  # begins the names of what the losses have trained beside the network


def save_weights(
    model: nn.Module, record_id: str, out: str | Path, objective: nn.Module | None = None
) -> dict[str, str]:
    """Write weights/<id>.safetensors; returns {file, sha256} for the record.

    objective: its own parameters are saved beside the model's, each under "objective." and its name.

    >>> saved = save_weights(nn.Linear(2, 2), "mine", "mine")
    >>> Path("mine", "weights", saved["file"]).is_file()
    True
    """
    path = Path(out, "weights", f"{record_id}.safetensors")
    own = objective.state_dict(prefix=OBJECTIVE) if objective else {}
    state = {name: tensor.detach().cpu().clone().contiguous() for name, tensor in (model.state_dict() | own).items()}
    save_tensors(state, path)
    return {"file": path.name, "sha256": sha256_file(path)}


def save_tensors(tensors: dict[str, torch.Tensor], path: Path) -> None:
    """Write a safetensors file, whole or not at all. Raises CkdsnnError where it cannot be written."""
    with atomic(path) as partial:
        try:
            save_file(tensors, partial)
        except SafetensorError as error:  # the system's error is told as a text alone: "... (os error 28)"
            number = int(found[1]) if (found := re.search(r"os error (\d+)", str(error))) else 0
            raise OSError(number, os.strerror(number) if number else str(error)) from error


def load_weights(model: nn.Module, record: Record, out: str | Path = "results") -> nn.Module:
    """Put a record's weights into `model`.

    Raises CkdsnnError for a missing or altered file, and for weights that do not fit the model.

    >>> from ckdsnn.models import build_teacher
    >>> from ckdsnn.records import find_record
    >>> record = find_record("1c571910", 0, "results")
    >>> first, second = (load_weights(build_teacher("resnet20", width=1), record, "results") for _ in range(2))
    >>> first.head_weight.equal(second.head_weight)
    True
    """
    path = check_file(inside(Path(out, "weights"), record.weights["file"]), record.weights["sha256"], record.id)
    return fit_weights(model, path)


def fit_weights(model: nn.Module, path: str | Path) -> nn.Module:
    """Put the safetensors file at `path` into `model`, but what losses have trained for themselves.

    Raises CkdsnnError when it does not fit.
    """
    try:
        state = load_file(path)
        model.load_state_dict({name: state[name] for name in state if not name.startswith(OBJECTIVE)})
    except (SafetensorError, RuntimeError) as error:
        raise CkdsnnError(f"the weights in {path} do not fit {type(model).__name__}: {error}") from error
    return model
