"""The training step as a LightningModule, and the curve of its epochs."""

import math
import time
from collections.abc import Callable
from typing import Any

import lightning as L
import torch
from torch import nn
from torch.optim import lr_scheduler
from torchmetrics.classification import MulticlassAccuracy

from ckdsnn.data.batches import Examples
from ckdsnn.data.module import IGNORED
from ckdsnn.distill import Objective
from ckdsnn.distill.batch import Look
from ckdsnn.engine import engine, in_layout
from ckdsnn.errors import CkdsnnError
from ckdsnn.models import Features
from ckdsnn.recipe import Recipe
from ckdsnn.records.provenance import utc_now
from ckdsnn.seeds import Purpose, stream_seed
from ckdsnn.training.beside import ALONE, Alone
from ckdsnn.training.recorded import RecordedStep

MEASURED = ("test_accuracy", "validation_accuracy")  # after each epoch, in the order of the data module


class Diverged(CkdsnnError):
    """A term of the loss is no number any more; which one, in which epoch and at which step of it, from 1."""

    def __init__(self, term: str, epoch: int, step: int):
        super().__init__(f"the training diverged: {term} was not finite at step {step} of epoch {epoch}")
        self.term, self.epoch, self.step = term, epoch, step


class Classifier(L.LightningModule):
    """One network under one objective, with the optimiser and the schedule over all steps that the recipe says.

    Batches are `Examples`. The noise of an epoch has its own random stream, so that a resumed run equals an
    uninterrupted one. Where the engine says so, the step is a `RecordedStep`; Lightning, which counts steps and moves
    the learning rate, calls and sees the same either way.
    """

    def __init__(
        self,
        recipe: Recipe,
        seed: int,
        network: nn.Module,
        objective: Objective,
        num_classes: int,
        beside: Alone = ALONE,
        layout: torch.memory_format = torch.channels_last,
    ):
        super().__init__()
        self.recipe = recipe
        self.seed = seed
        self.network = network
        self.objective = objective
        self.beside = beside
        self.layout = layout
        self.sums: dict[str, torch.Tensor] = {}
        self.finite: dict[str, torch.Tensor] = {}
        self.hits = nn.ModuleList(
            MulticlassAccuracy(num_classes, average="micro", ignore_index=IGNORED) for _ in MEASURED
        )
        self.noted = ("ce", *objective.terms, "train_accuracy")  # what a step tells of itself
        self.generator = torch.Generator()
        self.recorded: RecordedStep | None = None

    def on_train_start(self) -> None:
        """The state of a checkpoint, if there is one, has been loaded by now."""
        self.generator = torch.Generator(self.device)
        self.recorded = RecordedStep(self) if engine().graph else None

    def on_train_epoch_start(self) -> None:
        # processes draw different noise
        state = stream_seed(self.seed, Purpose.NOISE, self.current_epoch, self.global_rank, self.recipe.streams)
        self.generator.manual_seed(state)
        self.sums, self.finite = {}, {}
        self.beside.begin(self.current_epoch)

    def on_train_epoch_end(self) -> None:
        if not all(parameter.isfinite().all() for parameter in self.parameters()):  # the last step's doing
            raise Diverged("a weight", self.current_epoch + 1, self.trainer.num_training_batches)

    def training_step(self, batch: Examples) -> torch.Tensor:
        labels = batch.labels
        shown = images = in_layout(batch.images, self.layout)
        if batch.shown is not batch.images:
            shown = in_layout(batch.shown, self.layout)
        seen = None
        if self.objective.terms:  # before the student's pass, so that one that waits for it holds no activations
            seen = self.beside.see("features", lambda: self.way.observe(shown))
        total, values = self.way.learn(images, labels, shown, seen)
        self.note(values, len(labels))
        return total

    @property
    def way(self) -> "RecordedStep | Classifier":
        """Who computes a step."""
        return self.recorded or self

    def observe(self, shown: torch.Tensor) -> Features:
        return self.objective.observe(shown)

    def learn(
        self,
        images: torch.Tensor,
        labels: torch.Tensor,
        shown: torch.Tensor,
        seen: Features | None,
        recall: Callable[[str, Look], tuple[torch.Tensor, ...]] | None = None,
    ) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        """The loss, and what is `noted`. recall: as in a `Batch`; by default it is asked once for all side by side."""
        features = self.network(images)
        recall = recall or self.beside.see
        total, terms = self.objective.compare(shown, labels, features, seen, self.generator, recall)
        return total, terms | {"train_accuracy": (features.logits.argmax(1) == labels).float().mean()}

    def optimizer_step(self, epoch: int, index: int, optimizer: Any, closure: Callable[[], Any]) -> None:
        """Lightning's, in which `closure` is training_step, optimizer_zero_grad and backward."""
        if self.recorded:
            closure()
        else:
            super().optimizer_step(epoch, index, optimizer, closure)

    def optimizer_zero_grad(self, *arguments: Any) -> None:
        if not self.recorded:
            super().optimizer_zero_grad(*arguments)

    def backward(self, loss: torch.Tensor, *arguments: Any, **options: Any) -> None:
        if not self.recorded:
            super().backward(loss, *arguments, **options)

    def note(self, values: dict[str, torch.Tensor], count: int) -> None:
        """Sum up over the epoch, log the means with its last step: Lightning's log at every step costs milliseconds.

        count: examples in the step.
        """
        for name, value in values.items():
            self.sums[name] = self.sums.get(name, 0) + value.detach()
            self.finite[name] = self.finite.get(name, 0) + self.sums[name].isfinite()
        if self.trainer.is_last_batch:
            steps = self.trainer.num_training_batches
            self.check_finite(steps)
            means = {name: total / steps for name, total in self.sums.items()}
            self.log_dict(means, prog_bar=True, on_step=False, on_epoch=True, sync_dist=True, batch_size=count)

    def check_finite(self, steps: int) -> None:
        """Raise Diverged where the sum over an epoch of so many steps is not finite: from the first such step on.

        Once an epoch, as every look at a number makes a GPU wait.
        """
        seen = {name: int(count) for name, count in self.finite.items()}
        term, count = min(seen.items(), key=lambda one: one[1])
        if self.trainer.strategy.reduce_boolean_decision(count < steps, all=False):  # processes must stop together
            raise Diverged(term, self.current_epoch + 1, min(count + 1, steps))

    def validation_step(self, batch: Examples, _: int, dataloader_idx: int = 0) -> None:
        self.beside.check()
        images, labels, _ = batch
        hits = self.hits[dataloader_idx]
        with torch.autocast(self.device.type, enabled=False):  # as `evaluate` asks the saved weights
            hits(self.network(images).logits, labels)
        shown = {"prog_bar": True, "on_epoch": True, "add_dataloader_idx": False}
        self.log(MEASURED[dataloader_idx], hits, batch_size=len(labels), **shown)  # frames begin with their T

    @property
    def fused(self) -> bool | None:
        """Whether the optimiser changes all weights in one kernel; None: as torch has it."""
        return engine().graph or (engine().fused_sgd and self.recipe.optimizer == "sgd") or None

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        for state in checkpoint["optimizer_states"]:
            for group in state["param_groups"]:
                group["fused"] = self.fused  # how a step is computed is for this process to say

    def configure_optimizers(self) -> dict[str, Any]:
        recipe, steps = self.recipe, int(self.trainer.estimated_stepping_batches)
        options = {"lr": recipe.lr, "weight_decay": recipe.weight_decay, "fused": self.fused}
        if recipe.optimizer == "adamw":
            optimizer = torch.optim.AdamW(self.parameters(), **options)
        else:
            optimizer = torch.optim.SGD(self.parameters(), momentum=recipe.momentum, **options)
        schedule = rise_and_fall(optimizer, steps, steps * recipe.warmup // recipe.epochs)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}


def rise_and_fall(optimizer: torch.optim.Optimizer, steps: int, rising: int) -> lr_scheduler.LRScheduler:
    """The learning rate along a line to its peak in so many steps, then along a cosine to 0 at the last of all."""
    fall = lr_scheduler.CosineAnnealingLR(optimizer, steps - rising)
    if not rising:
        return fall
    rise = lr_scheduler.LinearLR(optimizer, 1 / (rising + 1), total_iters=rising)
    return lr_scheduler.SequentialLR(optimizer, [rise, fall], [rising])


def rounded(value: float) -> float | None:
    """To six digits after the point; None for a number that is not finite, which JSON cannot hold."""
    return round(value, 6) if math.isfinite(value) else None


class Curve(L.Callback):
    """Collects one point an epoch: mean loss terms, accuracies in percent, seconds of training and of testing.

    now: tells the time, in seconds; side by side with others, a training's own.

    It travels in the checkpoint, so that a resumed run keeps its first start and its whole curve. origin: digests of
    what the run is made from; a checkpoint of another origin is refused with a CkdsnnError.
    """

    def __init__(self, now: Callable[[], float] = time.perf_counter):
        self.now = now
        self.origin: dict[str, str] = {}
        self.started = utc_now()
        self.points: list[dict[str, float | None]] = []
        self.clock = self.test_clock = self.test_seconds = 0.0

    def on_train_epoch_start(self, *_: Any) -> None:
        self.clock, self.test_seconds = self.now(), 0.0

    def on_validation_epoch_start(self, *_: Any) -> None:
        self.test_clock = self.now()

    def on_validation_epoch_end(self, *_: Any) -> None:
        self.test_seconds = self.now() - self.test_clock

    def on_train_epoch_end(self, trainer: L.Trainer, _: L.LightningModule) -> None:
        metrics = {name: value.item() for name, value in trainer.callback_metrics.items()}
        metrics |= {name: 100 * metrics[name] for name in ("train_accuracy", *MEASURED) if name in metrics}
        metrics |= {"seconds": self.now() - self.clock, "test_seconds": self.test_seconds}
        self.points.append({"epoch": trainer.current_epoch + 1, **{k: rounded(v) for k, v in metrics.items()}})

    def state_dict(self) -> dict[str, Any]:
        return {"started": self.started, "points": self.points, "origin": self.origin}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        for name, digest in state_dict.get("origin", {}).items():
            if digest != self.origin[name]:
                raise CkdsnnError(f"this run was begun with another {name}; delete its folder below work to begin anew")
        self.started, self.points = state_dict["started"], state_dict["points"]
