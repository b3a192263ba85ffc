"""A run's checkpoint: one file, whole or not there, and known to be undamaged before it is gone on from."""

import zipfile
from pathlib import Path
from typing import Any

import torch
from lightning.fabric.plugins.io import TorchCheckpointIO
from torch import nn

from ckdsnn.errors import CkdsnnError
from ckdsnn.files import atomic

CHECKPOINT = "last"  # file name of a run's one checkpoint, without its suffix
NEEDED = ("state_dict", "optimizer_states", "callbacks", "loops")


class WholeCheckpoints(TorchCheckpointIO):
    """Writes beside the target and renames, also where the folder for temporary files is on another file system.

    Lightning's own writes there, and copies: killed then, it leaves half a checkpoint in the place of a whole one.
    """

    def save_checkpoint(self, checkpoint: dict[str, Any], path: str | Path, storage_options: Any = None) -> None:
        with atomic(path) as partial, open(partial, "wb") as file:
            try:
                torch.save(checkpoint, file)
            except RuntimeError as error:  # torch hides that of a full disk behind one of its own
                if isinstance(error.__context__, OSError):
                    raise error.__context__ from None
                raise


def read_checkpoint(path: Path) -> dict[str, Any]:
    """The content of a checkpoint. Raises CkdsnnError for one that is damaged, by a single bit even."""
    try:
        with zipfile.ZipFile(path) as archive:
            if damaged := archive.testzip():  # torch itself does not look at the checksums that it writes
                raise ValueError(f"{damaged} does not have its checksum")
        content = torch.load(path, map_location="cpu", weights_only=True)
        if missing := [name for name in NEEDED if name not in content]:
            raise ValueError(f"{', '.join(missing)} missing")
        if not all(isinstance(tensor, torch.Tensor) for tensor in content["state_dict"].values()):
            raise ValueError("not all of its weights are tensors")
    except Exception as error:  # what a damaged file makes zipfile, pickle and torch raise has no end
        raise CkdsnnError(f"the checkpoint {path} is damaged ({error}); delete it and run again") from error
    return content


def check_checkpoint(path: Path, module: nn.Module) -> None:
    """Raise CkdsnnError for a checkpoint that is damaged, and for one of other weights than the module has."""
    there = {name: tensor.shape for name, tensor in read_checkpoint(path)["state_dict"].items()}
    own = {name: tensor.shape for name, tensor in module.state_dict().items()}
    if odd := sorted(name for name in there.keys() | own.keys() if there.get(name) != own.get(name)):
        raise CkdsnnError(f"the checkpoint {path} is of another network ({odd[0]}); delete it and run again")
