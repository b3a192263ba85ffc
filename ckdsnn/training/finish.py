"""What is measured once training has ended, and the Record that holds it."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import lightning as L
import torch
from torch import nn

from ckdsnn.data import DATASETS, Source
from ckdsnn.data.batches import Batches, Examples
from ckdsnn.data.events import split_digest
from ckdsnn.data.module import DataModule
from ckdsnn.data.source import first
from ckdsnn.distill import Objective
from ckdsnn.measures.accuracy import accuracy_interval, best_of_curve
from ckdsnn.measures.energy import energy_per_image, firing_rates
from ckdsnn.measures.gallery import SIZE, gallery_images, in_parts, logits_of, student_maps, teacher_maps
from ckdsnn.recipe import Recipe
from ckdsnn.records import Record, save_arrays, save_record, save_weights
from ckdsnn.records.failure import FAILURES, Failure
from ckdsnn.records.provenance import environment
from ckdsnn.records.record import FORMAT
from ckdsnn.training.beside import ALONE, Alone
from ckdsnn.training.module import Curve, Diverged

SOME = 1000  # test images behind the firing rates and the saved logits
AT_ONCE = 2**23  # bytes of float32 images at most where every activation is kept: 64 of 90 pixels


@dataclass(frozen=True)
class Outcome:
    """A training with everything that it is made of, and what has come of it so far."""

    recipe: Recipe
    seed: int
    network: nn.Module
    module: DataModule
    curve: Curve
    trainer: L.Trainer
    code: dict[str, Any]
    objective: Objective
    teacher: dict[str, Any] | None
    """how the record names the teacher"""
    beside: Alone = ALONE


def described(outcome: Outcome) -> dict[str, Any]:
    """What a record says of a training, whether that succeeded or not."""
    recipe, trainer = outcome.recipe, outcome.trainer
    return {
        "id": recipe.record_id(outcome.seed),
        "tier": recipe.tier,
        "recipe": asdict(recipe),
        "seed": outcome.seed,
        "data": describe_data(recipe, outcome.module.source),
        "code": outcome.code,
        "env": environment(trainer.strategy.root_device, trainer.precision)
        | {"devices": trainer.world_size, "global_batch": recipe.batch_size}
        | {"side_by_side": outcome.beside.size, "at_once": outcome.beside.at_once},
        "curve": outcome.curve.points,
        "started": outcome.curve.started,
    }


def write_failure(outcome: Outcome, failure: Diverged, out: Path) -> None:
    """Put a training that diverged on record."""
    FAILURES.save(Failure(**described(outcome), term=failure.term, epoch=failure.epoch, step=failure.step), out)


def write_record(outcome: Outcome, out: Path) -> Record:
    """Measure, save weights and arrays, and the record last of all."""
    outcome.network.to(outcome.trainer.strategy.root_device)  # Lightning has moved it to the CPU
    record_id = outcome.recipe.record_id(outcome.seed)
    record = Record(
        **described(outcome),
        teacher=outcome.teacher,
        final=measure(outcome),
        arrays=save_gallery(outcome, out),
        weights=save_weights(outcome.network, record_id, out, outcome.objective),
        seconds=round(sum(p["seconds"] for p in outcome.curve.points), 3),
        images_per_second=round(throughput(outcome), 1),
        format=FORMAT,
    )
    save_record(record, out)
    return record


def describe_data(recipe: Recipe, source: Source) -> dict[str, Any]:
    """The record's entry about its data.

    classes: of a folder of one's own, where nothing else knows them; split: SHA-256 of the file that says which
    examples are for testing, where the data set itself does not.
    """
    more = {} if recipe.dataset in DATASETS else {"classes": list(source.spec.classes)}
    if split := split_digest(source.spec):
        more["split"] = split
    return {"name": recipe.dataset, "digest": source.digest} | more


def throughput(outcome: Outcome) -> float:
    """Training images a second over all epochs, the testing after each of them not counted."""
    points = outcome.curve.points
    images = len(points) * len(outcome.module.train_dataloader()) * outcome.recipe.batch_size
    return images / sum(p["seconds"] - p["test_seconds"] for p in points)


def measure(outcome: Outcome) -> dict[str, Any]:
    """The record's `final`."""
    module, points = outcome.module, outcome.curve.points
    selection = {"validation_accuracy": points[-1]["validation_accuracy"]} if outcome.recipe.validation_images else {}
    counted = min(SIZE, module.source.spec.inputs.fitting(AT_ONCE))
    return selection | {
        "last_accuracy": accuracy_interval(points[-1]["test_accuracy"], len(module.test)),
        "best_accuracy": best_of_curve(points),
        "firing_rate": firing_rates(outcome.network, images_of(module.first_of_test(SOME))),
        "energy": energy_per_image(outcome.network, joined(module.first_of_test(counted)).images),
    }


def images_of(batches: Batches) -> Iterator[torch.Tensor]:
    """What a student reads of each batch."""
    return (batch.images for batch in batches)


def joined(batches: Batches) -> Examples:
    """All of some batches as one."""
    images, labels, shown = zip(*batches, strict=True)
    return Examples(torch.cat(images, -4), torch.cat(labels), torch.cat(shown, -4))


def save_gallery(outcome: Outcome, out: Path) -> dict[str, str]:
    """Save the gallery's images (shared by all records of a dataset), this network's maps on it, and its logits."""
    recipe, module, source = outcome.recipe, outcome.module, outcome.module.source
    images, labels, shown = joined(module.first_of_test(SIZE))
    size = source.spec.inputs.fitting(AT_ONCE)
    maps = in_parts(teacher_maps if recipe.is_teacher else student_maps, outcome.network, images, labels, size)
    if teacher := outcome.objective.teacher:
        maps |= in_parts(teacher_maps, teacher.to(shown.device), shown, labels, size)
    gallery = gallery_images(source.spec.pictures(first(source, "test", SIZE)), labels)
    logits = logits_of(outcome.network, images_of(module.first_of_test(SOME)))
    name = recipe.record_id(outcome.seed)
    return {
        **save_arrays(f"{gallery_name(source)}.gallery.npz", gallery, out),
        **save_arrays(f"{name}.maps.npz", maps, out),
        **save_arrays(f"{name}.logits.npz", logits, out),
    }


def gallery_name(source: Source) -> str:
    """The name of a data set, its size if that is not the usual one; of a folder of one's own, by its content."""
    spec = source.spec
    if spec.name not in DATASETS:
        return f"folder-{source.digest[:8]}-{spec.inputs.height}"
    usual = spec.inputs.height == DATASETS[spec.name].inputs.height
    return spec.name if usual else f"{spec.name}-{spec.inputs.height}"
