"""Accuracy with its interval."""

from collections.abc import Iterable
from typing import Any

import torch
from scipy.stats import binomtest
from torch import nn

from ckdsnn.models import evaluating


def accuracy_interval(percent: float, test_images: int) -> dict[str, Any]:
    """Percent correct of `test_images`, with the 95 % Wilson interval (how well the test set fixes it).

    The interval does not hold the spread between seeds; that is the sd over records.
    """
    correct = round(percent / 100 * test_images)
    interval = binomtest(correct, test_images).proportion_ci(0.95, method="wilson")
    low, high = round(100 * interval.low, 4), round(100 * interval.high, 4)
    return {
        "value": round(100 * correct / test_images, 4),
        "low": low,
        "high": high,
        "test_images": test_images,
    }


def accuracy(model: nn.Module, batches: Iterable[tuple[torch.Tensor, torch.Tensor]]) -> dict[str, Any]:
    """The `accuracy_interval` of a network on batches of images and labels."""
    correct = count = 0
    with evaluating(model), torch.no_grad():
        for images, labels in batches:
            correct += (model(images).logits.argmax(1) == labels).sum().item()
            count += len(labels)
    return accuracy_interval(100 * correct / count, count)


def best_of_curve(curve: list[dict[str, float]]) -> dict[str, Any]:
    """The best epoch's test accuracy, labelled for what it is: most published numbers are of this kind."""
    best = max(curve, key=lambda point: point["test_accuracy"])
    return {
        "value": round(best["test_accuracy"], 4),
        "epoch": int(best["epoch"]),
        "note": "chosen on the test set",
    }
