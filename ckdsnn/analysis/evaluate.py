"""Evaluate a record's weights again."""

from pathlib import Path

import torch

from ckdsnn.analysis.accuracy import accuracy_interval
from ckdsnn.recipe import Recipe
from ckdsnn.recipe.build import build_data, load_network
from ckdsnn.records import load_record


def evaluate(record_id: str, out: str | Path = "results", data: str | Path | None = None) -> dict[str, float]:
    """Test accuracy of a record's saved weights, in the form of its `final.last_accuracy`.

    Raises CkdsnnError for an unknown record, missing weights, and data that cannot be had.
    """
    record = load_record(record_id, out)
    network, correct, count = load_network(record, out), 0, 0  # before the data, which may have to be downloaded
    module = build_data(Recipe.of(record.recipe), record.seed, data)
    module.setup("validate")
    with torch.no_grad():
        for images, labels in module.test_dataloader():
            correct += (network(images).logits.argmax(1) == labels).sum().item()
            count += len(labels)
    return accuracy_interval(100 * correct / count, count)
