"""The optimiser and the course of the learning rate."""

import math

import pytest
import torch

from ckdsnn import run
from ckdsnn.engine import Engine, using
from ckdsnn.recipe import RECIPES
from ckdsnn.training.module import Classifier, rise_and_fall


@pytest.mark.parametrize(("steps", "rising"), [(20, 0), (20, 5), (7, 6)])
def test_the_learning_rate_rises_along_a_line_and_falls_along_a_cosine(steps, rising):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], 0.4)
    schedule, rates = rise_and_fall(optimizer, steps, rising), []
    for _ in range(steps):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    line = [0.4 * (1 / (rising + 1) + step / rising * (1 - 1 / (rising + 1))) for step in range(rising)]
    fall = steps - rising
    cosine = [0.2 * (1 + math.cos(math.pi * step / fall)) for step in range(fall)]
    assert rates == pytest.approx(line + cosine)


def test_a_run_with_adamw_warm_up_and_smoothed_labels_goes_on_as_if_uninterrupted(tmp_path, monkeypatch):
    recipe = RECIPES["digits-snn-t1"].replace(
        name="tiny-adamw", train_images=96, epochs=3, optimizer="adamw", lr=0.002, warmup=1, label_smoothing=0.1
    )
    through = run(recipe, out=tmp_path / "through", progress=False)
    start = Classifier.on_train_epoch_start

    def interrupted(self):
        if self.current_epoch == 2:
            raise KeyboardInterrupt
        start(self)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Classifier, "on_train_epoch_start", interrupted)
        run(recipe, out=tmp_path / "parts", progress=False)
    resumed = run(recipe, out=tmp_path / "parts", progress=False)
    assert resumed.weights["sha256"] == through.weights["sha256"]
    plain = run(recipe.replace(label_smoothing=0.0), out=tmp_path / "through", progress=False)
    assert plain.weights["sha256"] != through.weights["sha256"]


def test_fused_sgd_trains_as_sgd_does(record, student, results, tmp_path, monkeypatch):
    asked = []
    sgd = torch.optim.SGD
    monkeypatch.setattr(torch.optim, "SGD", lambda *a, **k: asked.append(k["fused"]) or sgd(*a, **k))
    with using(Engine(fused_sgd=True)):
        fused = run(student, out=tmp_path, results=results, progress=False)
    assert asked == [True]
    assert [point["ce"] for point in fused.curve] == pytest.approx([point["ce"] for point in record.curve], rel=1e-2)
