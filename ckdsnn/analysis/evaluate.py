"""Evaluate a record's weights again."""

from pathlib import Path
from typing import Any

from ckdsnn.assemble import build_data, load_network
from ckdsnn.engine import reading_processes
from ckdsnn.measures.accuracy import accuracy
from ckdsnn.recipe import Recipe
from ckdsnn.records import load_record


def evaluate(record_id: str, out: str | Path = "results", data: str | Path | None = None) -> dict[str, Any]:
    """Test accuracy of a record's saved weights, in the form of its `final.last_accuracy`.

    Raises CkdsnnError for an unknown record, missing weights, and data that cannot be had.
    """
    record = load_record(record_id, out)
    network = load_network(record, out)  # before the data, which may have to be downloaded
    module = build_data(Recipe.of(record.recipe), record.seed, data, workers=reading_processes())
    return accuracy(network, ((batch.images, batch.labels) for batch in module.first_of_test()))
