"""What a study measures: a trained student with its teacher and its images, on the CPU, each loaded when asked for."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import nn

from ckdsnn.assemble import build_data, load_network, load_teacher
from ckdsnn.data import normalize, statistics_of
from ckdsnn.engine import reading_processes
from ckdsnn.errors import CkdsnnError
from ckdsnn.files import nearest
from ckdsnn.recipe import Recipe
from ckdsnn.records import Record, home_of, load_arrays

if TYPE_CHECKING:
    from ckdsnn.data.module import DataModule


@dataclass(frozen=True)
class Subject:
    """The student of a record."""

    record: Record
    out: Path
    """folder of results that holds the record, its weights and its teacher's"""
    data: str | Path | None = None
    """folder of the datasets"""

    @property
    def recipe(self) -> Recipe:
        return Recipe.of(self.record.recipe)

    @cached_property
    def network(self) -> nn.Module:
        """The student in eval mode."""
        return load_network(self.record, self.out)

    @cached_property
    def teacher(self) -> nn.Module:
        """The teacher in eval mode: the one that it learned from, or for a plain SNN its recipe's."""
        return load_teacher(self.record, self.out)

    @cached_property
    def module(self) -> "DataModule":
        return build_data(self.recipe, self.record.seed, self.data, workers=reading_processes())

    def test_images(self, count: int) -> tuple[torch.Tensor, torch.Tensor]:
        """The first `count` test images in canonical order, as a network reads them, and their labels [N]."""
        return self.module.shown("test", count)

    def training_images(self, count: int) -> tuple[torch.Tensor, torch.Tensor]:
        """The first `count` training images of the run, not augmented, as `test_images`."""
        return self.module.shown("train", min(count, len(self.module.train)))

    def gallery(self) -> tuple[torch.Tensor, torch.Tensor]:
        """The images of the gallery, as `test_images`; they are on record, so no dataset is needed."""
        arrays = load_arrays(self.record, self.out)
        images = torch.tensor(arrays["images"]).permute(0, 3, 1, 2)
        spec = self.recipe.data_spec
        if images.shape[1:] != (spec.inputs.channels, spec.inputs.height, spec.inputs.width):
            raise CkdsnnError(f"record {self.record.id} has thumbnails in its gallery, not what its network reads")
        statistics = statistics_of(spec, self.recipe.statistics)
        return normalize(images, *statistics), torch.tensor(arrays["labels"])


def find_subject(record: Record, results: str | Path, out: str | Path) -> Subject:
    """The student of a run that is on record in `results`, else in `out`. Raises CkdsnnError where it is in neither."""
    return Subject(record, home_of(record, nearest(results), out))
