"""What is measured once training has ended, and the Record that holds it."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import lightning as L
import torch
from torch import nn

from ckdsnn.analysis.accuracy import accuracy_interval, best_of_curve
from ckdsnn.analysis.energy import energy_per_image, firing_rates
from ckdsnn.analysis.gallery import SIZE, gallery_images, logits_of, student_maps, teacher_maps
from ckdsnn.data.module import ImageDataModule
from ckdsnn.distill import Objective
from ckdsnn.recipe import Recipe
from ckdsnn.records import Record, save_arrays, save_record, save_weights
from ckdsnn.records.provenance import environment
from ckdsnn.training.module import Curve

SOME = 1000  # test images behind the firing rates and the saved logits


@dataclass(frozen=True)
class Outcome:
    """A training with everything that it is made of, and what has come of it so far."""

    recipe: Recipe
    seed: int
    network: nn.Module
    module: ImageDataModule
    curve: Curve
    trainer: L.Trainer
    code: dict[str, Any]
    objective: Objective
    teacher_record: Record | None


def write_record(outcome: Outcome, out: Path) -> Record:
    """Measure, save weights and arrays, and the record last of all."""
    recipe, seed, points = outcome.recipe, outcome.seed, outcome.curve.points
    outcome.network.to(outcome.trainer.strategy.root_device)  # Lightning has moved it to the CPU
    record_id = recipe.record_id(seed)
    data = outcome.module.data
    record = Record(
        id=record_id,
        tier=recipe.tier,
        recipe=asdict(recipe),
        seed=seed,
        data={"name": recipe.dataset, "digest": data.digest},
        teacher=describe_teacher(outcome.teacher_record),
        code=outcome.code,
        env=environment(outcome.trainer.strategy.root_device, outcome.trainer.precision),
        curve=points,
        final=measure(outcome),
        arrays=save_gallery(outcome, out),
        weights=save_weights(outcome.network, record_id, out, outcome.objective),
        started=outcome.curve.started,
        seconds=round(sum(p["seconds"] for p in points), 3),
        images_per_second=round(throughput(outcome), 1),
    )
    save_record(record, out)
    return record


def describe_teacher(record: Record | None) -> dict[str, Any] | None:
    """The record's entry about its teacher."""
    if record is None:
        return None
    return {"record": record.id, "sha256": record.weights["sha256"], "accuracy": record.accuracy}


def throughput(outcome: Outcome) -> float:
    """Training images a second over all epochs, the testing after each of them not counted."""
    points = outcome.curve.points
    images = len(points) * len(outcome.module.train_dataloader()) * outcome.recipe.batch_size
    return images / sum(p["seconds"] - p["test_seconds"] for p in points)


def first_images(outcome: Outcome, count: int) -> torch.Tensor:
    """The first `count` test images in canonical order, normalised, on the network's device."""
    module = outcome.module
    device = next(outcome.network.parameters()).device
    return module.shown(module.data.x_test[:count].to(device))


def measure(outcome: Outcome) -> dict[str, Any]:
    """The record's `final`."""
    points = outcome.curve.points
    selection = {"validation_accuracy": points[-1]["validation_accuracy"]} if outcome.recipe.validation_images else {}
    return selection | {
        "last_accuracy": accuracy_interval(points[-1]["test_accuracy"], len(outcome.module.data.y_test)),
        "best_accuracy": best_of_curve(points),
        "firing_rate": firing_rates(outcome.network, first_images(outcome, SOME)),
        "energy": energy_per_image(outcome.network, first_images(outcome, SIZE)),
    }


def save_gallery(outcome: Outcome, out: Path) -> dict[str, str]:
    """Save the gallery's images (shared by all records of a dataset), this network's maps on it, and its logits."""
    data, x = outcome.module.data, first_images(outcome, SIZE)
    labels = data.y_test[:SIZE].to(x.device)
    own_maps = teacher_maps if outcome.recipe.is_teacher else student_maps
    maps = own_maps(outcome.network, x, labels)
    if teacher := outcome.objective.teacher:
        maps |= teacher_maps(teacher.to(x.device), x, labels)
    images = save_arrays(
        f"{outcome.recipe.dataset}.gallery.npz",
        gallery_images(data.spec.inputs.pictures(data.x_test[:SIZE]), data.y_test),
        out,
    )
    name = outcome.recipe.record_id(outcome.seed)
    logits = save_arrays(f"{name}.logits.npz", logits_of(outcome.network, first_images(outcome, SOME)), out)
    return images | save_arrays(f"{name}.maps.npz", maps, out) | logits
