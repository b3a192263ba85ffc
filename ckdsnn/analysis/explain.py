"""Explain one picture: what teacher and student predict for it, and where each of them looks."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps

from ckdsnn.assemble import classes_of, load_network, load_teacher, require_student
from ckdsnn.data import DatasetSpec, normalize, statistics_of
from ckdsnn.data.pictures import read_picture
from ckdsnn.data.streamed import middle
from ckdsnn.distill.maps import cam, spike_activation_map
from ckdsnn.errors import CkdsnnError
from ckdsnn.records import load_record


@dataclass(frozen=True)
class Explanation:
    """One picture's maps and predictions: what `report.maps.explanation` draws."""

    picture: np.ndarray
    """uint8 [H, W, 3], as the networks see it"""
    cam: np.ndarray
    """the teacher's class activation map for its own prediction [h, w]"""
    sam: np.ndarray
    """the student's spike count in each cell [h, w]"""
    teacher: dict[str, float]
    """class -> probability, most probable first"""
    student: dict[str, float]
    record: str
    """id of the student's record"""


def shown_picture(path: str | Path, spec: DatasetSpec) -> np.ndarray:
    """Any picture as uint8 [H, W, 3], cut to the shape of the data set's around its centre and scaled.

    Raises CkdsnnError for a file that is missing or no picture.
    """
    picture, inputs = read_picture(path), spec.inputs
    if spec.tree:  # as its own pictures are shown
        return np.asarray(middle(picture, (inputs.height, inputs.width)))
    return np.asarray(ImageOps.fit(picture, (inputs.width, inputs.height), Image.Resampling.LANCZOS))


def explain(path: str | Path, record_id: str, out: str | Path = "results") -> Explanation:
    """Run the student of `record_id` and its teacher on the picture at `path`.

    Raises CkdsnnError for an unknown record, a teacher's record or one of events, a picture that is none, missing
    weights.
    """
    record = load_record(record_id, out)
    recipe = require_student(record)
    teacher, spec, classes = load_teacher(record, out), recipe.data_spec, classes_of(record)
    if spec.inputs.timesteps:
        raise CkdsnnError(
            f"record {record.id} reads events, {recipe.dataset}; choose a record of a network for pictures"
        )
    picture = shown_picture(path, spec)
    x = normalize(torch.tensor(picture).permute(2, 0, 1)[None], *statistics_of(spec, recipe.statistics))
    with torch.no_grad():
        seen, spiking = teacher(x), load_network(record, out)(x)
    return Explanation(
        picture,
        cam(teacher, x, seen.logits.argmax(1))[0].numpy(),
        spike_activation_map(spiking.stages[-1])[0].numpy(),
        ranked(seen.logits[0], classes),
        ranked(spiking.logits[0], classes),
        record.id,
    )


def ranked(logits: torch.Tensor, classes: tuple[str, ...]) -> dict[str, float]:
    """Class name -> probability, most probable first, from logits [K]."""
    probabilities = logits.softmax(0)
    return {classes[i]: probabilities[i].item() for i in probabilities.argsort(descending=True).tolist()}
