"""Explain one picture: what teacher and student predict for it, and where each of them looks."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps

from ckdsnn.data import DATASETS, normalize, statistics_of
from ckdsnn.distill.maps import cam, spike_activation_map
from ckdsnn.errors import CkdsnnError
from ckdsnn.inputs import InputSpec
from ckdsnn.recipe.build import load_network, require_student, teacher_record
from ckdsnn.records import load_record

BROKEN = (OSError, SyntaxError, ValueError, TypeError)  # what Pillow's readers raise, each for its own kind of damage


@dataclass(frozen=True)
class Explanation:
    """One picture's maps and predictions: what `report.map_plots.explanation` draws."""

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


def read_picture(path: str | Path, inputs: InputSpec) -> np.ndarray:
    """Any picture as uint8 [H, W, 3]: turned upright, cut to the shape of `inputs` around its centre, scaled.

    Raises CkdsnnError for a file that is missing or no picture.
    """
    try:
        with Image.open(path) as image:
            upright = ImageOps.exif_transpose(image)
            return np.asarray(ImageOps.fit(to_rgb(upright), (inputs.width, inputs.height), Image.Resampling.LANCZOS))
    except (*BROKEN, Image.DecompressionBombError) as error:
        raise CkdsnnError(f"cannot read {path} as a picture: {error}") from error


def to_rgb(image: Image.Image) -> Image.Image:
    """Any picture in 8-bit RGB, on white where it is transparent."""
    if image.mode.startswith("I"):  # 16-bit grey, which Pillow itself would cut off at 255
        image = Image.fromarray((np.asarray(image) // 256).clip(0, 255).astype(np.uint8))
    white = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(white, image.convert("RGBA")).convert("RGB")


def explain(path: str | Path, record_id: str, out: str | Path = "results") -> Explanation:
    """Run the student of `record_id` and its teacher on the picture at `path`.

    Raises CkdsnnError for an unknown record, a teacher's record or one of events, a picture that is none, missing
    weights.
    """
    record = load_record(record_id, out)
    recipe = require_student(record)
    teacher = load_network(teacher_record(record, out), out)
    spec = DATASETS[recipe.dataset]
    if spec.inputs.timesteps:
        raise CkdsnnError(
            f"record {record.id} reads events, {recipe.dataset}; choose a record of a network for pictures"
        )
    picture = read_picture(path, spec.inputs)
    x = normalize(torch.tensor(picture).permute(2, 0, 1)[None], *statistics_of(spec, recipe.statistics))
    with torch.no_grad():
        seen, spiking = teacher(x), load_network(record, out)(x)
    return Explanation(
        picture,
        cam(teacher, x, seen.logits.argmax(1))[0].numpy(),
        spike_activation_map(spiking.stages[-1])[0].numpy(),
        ranked(seen.logits[0], spec.classes),
        ranked(spiking.logits[0], spec.classes),
        record.id,
    )


def ranked(logits: torch.Tensor, classes: tuple[str, ...]) -> dict[str, float]:
    """Class name -> probability, most probable first, from logits [K]."""
    probabilities = logits.softmax(0)
    return {classes[i]: probabilities[i].item() for i in probabilities.argsort(descending=True).tolist()}
