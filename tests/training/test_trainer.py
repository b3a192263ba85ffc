"""The Trainer's schedule, curve, precision and progress bars."""

import math
import sys
from pathlib import Path

import pytest
import torch

from ckdsnn.assemble import build_data, build_network, build_objective
from ckdsnn.recipe import RECIPES
from ckdsnn.training.beside import Group
from ckdsnn.training.module import Classifier, Curve
from ckdsnn.training.trainer import ProgressBar, fit, make_trainer, quiet_lightning

TINY = RECIPES["digits-snn"].replace(train_images=96, epochs=2, lr=0.1)


class Spy(Classifier):
    """A Classifier that notes the learning rate of every step."""

    def __init__(self, recipe):
        super().__init__(recipe, 0, build_network(recipe, 10), build_objective(recipe, None), 10)
        self.rates = []

    def optimizer_step(self, epoch, batch_idx, optimizer, optimizer_closure):
        self.rates.append(optimizer.param_groups[0]["lr"])
        super().optimizer_step(epoch, batch_idx, optimizer, optimizer_closure)


@pytest.fixture(scope="module")
def trained(tmp_path_factory) -> tuple[Spy, Curve, Path]:
    """A finished tiny training, its curve and its work folder."""
    classifier, curve, work = Spy(TINY), Curve(), tmp_path_factory.mktemp("work")
    with quiet_lightning():
        fit(make_trainer(TINY, work, curve, progress=False), classifier, build_data(TINY, 0), work)
    return classifier, curve, work


def test_the_learning_rate_follows_a_cosine_over_all_steps(trained):
    steps = 6  # 96 images, batches of 32, 2 epochs
    assert trained[0].rates == pytest.approx([0.05 * (1 + math.cos(math.pi * i / steps)) for i in range(steps)])


def test_the_curve_holds_what_a_slow_count_gives(trained):
    classifier, curve, _ = trained
    network, correct = classifier.network.eval(), 0
    module = build_data(TINY, 0)
    with torch.no_grad():
        for images, labels, _ in module.test_dataloader():
            correct += (network(images).logits.argmax(1) == labels).sum().item()
    assert curve.points[-1]["test_accuracy"] == pytest.approx(100 * correct / 360, abs=1e-4)
    assert [point["epoch"] for point in curve.points] == [1, 2]


def test_logs_are_written_for_csv_and_tensorboard(trained):
    work = trained[2]
    assert "test_accuracy" in (work / "csv" / "version_0" / "metrics.csv").read_text()
    assert list((work / "tensorboard").rglob("events.*"))


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_precision_is_the_recipes(tmp_path, precision):
    trainer_precision = make_trainer(TINY.replace(precision=precision), tmp_path, Curve(), progress=False).precision
    assert trainer_precision == {"fp32": "32-true", "bf16": "bf16-mixed"}[precision]


@pytest.mark.parametrize(
    ("number", "terminal", "bars"), [(0, False, [0]), (1, False, []), (0, True, [0]), (1, True, [1])]
)
def test_of_several_side_by_side_only_the_first_has_a_bar_where_no_other_can_stand_below(
    number, terminal, bars, tmp_path, monkeypatch
):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: terminal)
    trainer = make_trainer(TINY, tmp_path, Curve(), beside=Group(2).seats[number])
    assert [bar.process_position for bar in trainer.callbacks if isinstance(bar, ProgressBar)] == bars
