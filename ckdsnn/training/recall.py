"""What the teacher has said of the training images, kept on disk: runs with the same teacher, data and seed show it the
same images, so only the first of them has to ask. Of ResNet-8 students with a ResNet-20 teacher it saves two fifths,
and two thirds where maps are compared at earlier stages.
"""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import torch
from safetensors.torch import load_file

from ckdsnn.distill.batch import Look
from ckdsnn.engine import engine
from ckdsnn.models import Features
from ckdsnn.recipe import Recipe
from ckdsnn.records.provenance import environment, source_digest
from ckdsnn.records.store import save_tensors
from ckdsnn.training.teacher import Teacher

# the recipe's fields that decide which images the teacher sees, and in which order
SHOWN = (
    "dataset",
    "image_size",
    "train_images",
    "validation_images",
    "statistics",
    "crop_padding",
    "flip",
    "autoaugment",
    "erasing",
)
SHOWN += ("batch_size", "streams", "teacher_norm")
READERS = {"at", "kdsnn", "bkd"}  # terms that read the teacher's features at the recipe's stage


class Memory:
    """The answers to one question, step by step over an epoch: read from `path`, or noted, to be kept there."""

    def __init__(self, path: Path):
        self.path = path
        self.known = load_file(path) if path.is_file() else {}
        self.noted: list[tuple[torch.Tensor, ...]] = []
        self.step = 0

    def next(self, look: Look) -> tuple[torch.Tensor, ...]:
        """The answer of the epoch's next step."""
        if self.known:
            seen = tuple(self.known[str(index)][self.step] for index in range(len(self.known)))
        else:
            seen = look()
            self.noted.append(tuple(answer.cpu() for answer in seen))  # a GPU has no room for an epoch of them
        self.step += 1
        return seen

    def keep(self) -> None:
        """Write what is new."""
        if self.noted:
            answers = {str(index): torch.stack(parts) for index, parts in enumerate(zip(*self.noted, strict=True))}
            save_tensors(answers, self.path)


class Recall:
    """What the teacher has said, by the question's name, one file a name and epoch in `folder`; None keeps nothing.

    `begin(epoch)`, then for every step in order `features` and `see`, each name once, then `end()`.
    device: where the run wants the answers.
    """

    def __init__(self, folder: Path | None, device: torch.device | str = "cpu"):
        self.folder, self.device = folder, device
        self.epoch = 0
        self.memories: dict[str, Memory] = {}

    def begin(self, epoch: int) -> None:
        self.epoch, self.memories = epoch, {}

    def see(self, name: str, look: Look) -> tuple[torch.Tensor, ...]:
        """The step's answer to this question: remembered, or that of `look`, which asks the teacher."""
        if not self.folder:
            return look()
        if name not in self.memories:
            self.memories[name] = Memory(self.folder / f"{self.epoch}-{name}.safetensors")
        return tuple(answer.to(self.device) for answer in self.memories[name].next(look))

    def features(self, look: Callable[[], Features | None]) -> Features | None:
        """The step's logits and stages; where they are kept, the last stage, and of the others B and C alone."""
        if not self.folder:
            return look()
        logits, *inner, last = self.see("features", lambda: without_inner(look()))
        return Features(logits, (*(stage.to("meta") for stage in inner), last))

    def end(self) -> None:
        """Keep what is new."""
        for memory in self.memories.values():
            memory.keep()
        self.memories = {}


def without_inner(seen: Features) -> tuple[torch.Tensor, ...]:
    """Logits and stages, in place of all stages but the last empty ones: [B, C, 0, 0]."""
    *inner, last = seen.stages
    return (seen.logits, *(stage.new_empty(*stage.shape[:2], 0, 0) for stage in inner), last.contiguous())


def make_recall(
    recipe: Recipe,
    seed: int,
    teacher: Teacher | None,
    data_digest: str,
    out: Path,
    device: torch.device,
    processes: int,
) -> Recall:
    """The run's Recall, which keeps nothing where the engine does not ask for it, or the run needs more than it has.

    That is, where features of an earlier stage are compared, where several processes share the images, and where these
    are read from files: an epoch of ImageNet would not fit into memory.
    """
    enough = (recipe.stage == -1 or not READERS.intersection(recipe.loss_names)) and not recipe.data_spec.tree
    if not (engine().remember_teacher and teacher and enough and processes == 1):
        return Recall(None)
    shown = {name: getattr(recipe, name) for name in SHOWN}
    state = environment(device, recipe.precision) | {"source": source_digest()}  # what else decides the answers
    key = [teacher.identity["sha256"], data_digest, seed, shown, state]
    return Recall(out / "work" / "teacher" / hashlib.sha256(json.dumps(key).encode()).hexdigest()[:16], device)
