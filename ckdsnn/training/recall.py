"""What the teacher has said of the training images, kept on disk: runs with the same teacher, data and seed show it the
same images, so only the first of them has to ask. Of ResNet-8 students with a ResNet-20 teacher it saves two fifths.
"""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from ckdsnn.engine import engine
from ckdsnn.files import atomic
from ckdsnn.models import Features
from ckdsnn.recipe import Recipe
from ckdsnn.records import Record

# the recipe's fields that decide which images the teacher sees, and in which order
SHOWN = ("train_images", "statistics", "crop_padding", "flip", "autoaugment", "erasing", "batch_size")

Look = Callable[[], Features | None]


class Recall:
    """Logits and last stage of the teacher, one file an epoch in `folder`; None keeps nothing.

    `begin(epoch)`, then `see(look)` once for every step in order, then `end()`. `look` asks the teacher itself.
    """

    def __init__(self, folder: Path | None):
        self.folder = folder
        self.path: Path | None = None
        self.known: dict[str, torch.Tensor] = {}
        self.noted: list[Features] = []
        self.step = 0

    def begin(self, epoch: int) -> None:
        """Read what is known of the epoch."""
        self.path = self.folder and self.folder / f"{epoch}.safetensors"
        self.known = load_file(self.path) if self.path and self.path.is_file() else {}
        self.noted, self.step = [], 0

    def see(self, look: Look) -> Features | None:
        """The teacher's features of the epoch's next batch; only the last stage where they are remembered."""
        if self.known:
            seen = Features(self.known["logits"][self.step], (self.known["stage"][self.step],))
        else:
            seen = look()
            if self.path:
                self.noted.append(seen)
        self.step += 1
        return seen

    def end(self) -> None:
        """Keep what is new."""
        if self.noted:
            logits, stages = zip(*self.noted, strict=True)
            tensors = {"logits": torch.stack(logits), "stage": torch.stack([s[-1] for s in stages]).contiguous()}
            with atomic(self.path) as partial:
                save_file(tensors, partial)
        self.known, self.noted = {}, []


def make_recall(
    recipe: Recipe, seed: int, teacher: Record | None, out: Path, device: torch.device, processes: int
) -> Recall:
    """The run's Recall: one that keeps nothing where the engine does not ask for it, or the run needs more than it has.

    That is, where maps are compared at other stages than the last, and where several processes share the images.
    """
    last_alone = recipe.stage == -1 and not recipe.every_stage
    if not (engine().remember_teacher and teacher and last_alone and processes == 1):
        return Recall(None)
    shown = {name: getattr(recipe, name) for name in SHOWN}
    key = [teacher.weights["sha256"], teacher.data["digest"], seed, shown, recipe.precision, device.type]
    return Recall(out / "work" / "teacher" / hashlib.sha256(json.dumps(key).encode()).hexdigest()[:16])
