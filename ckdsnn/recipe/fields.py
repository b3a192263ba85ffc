"""One training run, said completely: a frozen Recipe with checked fields.

Defaults are the paper's text wherever it is known; where the released code differs, a field selects its variant.
"Second-hand": known from what others write about the paper, not from its text.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from dataclasses import replace as dataclass_replace
from typing import Any

from ckdsnn.data import DATASETS, DatasetSpec, dataset_spec
from ckdsnn.data.specs import FOLDER
from ckdsnn.distill.settings import check_noise
from ckdsnn.errors import CkdsnnError, choose, shortened
from ckdsnn.models import STUDENTS, TEACHERS, ModelSpec
from ckdsnn.recipe.checks import (
    check_data,
    check_losses,
    check_model,
    check_name,
    check_role,
    check_schedule,
    check_stages,
    check_type,
    check_value,
    order_counts,
    readers,
)

ADDED_LATER = {  # field -> the value of runs from before there was the field: it does not count in a digest
    "every_stage": False,
    "optimizer": "sgd",
    "warmup": 0,
    "label_smoothing": 0.0,
    "depth": 0,
    "dim": 0,
    "patch": 0,
    "validation_images": 0,
    "student_map": "spikes",
    "map_grid": "smaller",
    "noise_gradient": False,
    "teacher_norm": "running",
    "streams": 1,
    "role": "student",
    "image_size": 0,
}


@dataclass(frozen=True)
class Recipe:
    """Everything that decides a run's result but the seed. Raises CkdsnnError for any impossible field.

    >>> size = {"model": "resnet20", "width": 1, "timesteps": 4}
    >>> recipe = Recipe("mine", teacher="cifar10-resnet20-teacher", **size)
    >>> recipe.loss_names, recipe.epochs, recipe.lr  # the paper's
    (('samd', 'nld'), 400, 0.1)
    >>> renamed, heavier = recipe.replace(name="other"), recipe.replace(beta=2)
    >>> renamed.digest() == recipe.digest(), heavier.digest() == recipe.digest()
    (True, False)
    """

    name: str
    """the recipe's name; part of a record's id, without effect on the result"""
    tier: str = "paper"
    """smoke, reduced or paper: how far the result may be trusted"""
    role: str = "student"
    """student, a spiking network, or teacher, an ANN"""
    dataset: str = "cifar10"
    """a data set, see `ckdsnn list`, or folder:PATH, pictures of one's own in a folder a class"""
    image_size: int = 0
    """side in pixels of pictures read from files, and of frames read from recordings (0 = the data set's usual one)"""
    train_images: int = 0
    """use this many training images (0 = all that are not for validation)"""
    validation_images: int = 0
    """keep the last so many training images, in canonical order, from training; their accuracy is for selecting"""
    statistics: str = "own"
    """mean and deviation that images are normalised with: the dataset's own, or cifar10's (released code)"""
    crop_padding: int = 4
    """random crop after padding by this many pixels (released configuration)"""
    flip: bool = True
    """random horizontal flip (released configuration)"""
    autoaugment: bool = True
    """AutoAugment with the dataset's policy (released configuration)"""
    erasing: float = 0.5
    """probability of random erasing (used by the released configuration; its probability is torchvision's)"""
    model: str = "resnet19"
    """network of the teacher or student, see `ckdsnn list`"""
    width: int = 8
    """channel multiplier of ResNet-8, -19 and -20: stages of 16, 32 and 64 times this (the paper: ResNet-19 8,
    ResNet-20 1)"""
    depth: int = 0
    """blocks of a Spikformer (0 = 4, the published one)"""
    dim: int = 0
    """channels of a Spikformer (0 = 384, the published one)"""
    patch: int = 0
    """side of a Spikformer's patches in pixels, 4 or 16 (0 = 4)"""
    timesteps: int = 1
    """T of a student"""
    last_activation: str = "spike"
    """the student's last activation: spike (paper) or relu (released code)"""
    head: str = "linear"
    """the student's head: linear, or two_linear (released code)"""
    teacher: str = ""
    """name of the teacher's recipe, or a trained network: torchvision:NAME@WEIGHTS, timm:NAME or
    model:NAME+width=1@FILE, options behind a +; empty for a teacher"""
    teacher_seed: int = 0
    """seed of the run of the teacher's recipe"""
    losses: str = "samd+nld"
    """distillation terms joined by +, or none"""
    beta: float = 1.0
    """weight of the map or feature term (paper, second-hand)"""
    gamma: float = 1.0
    """weight of the logits term (paper, second-hand)"""
    map_temperature: float = 2.0
    """T_s of the saliency scaling (paper)"""
    scaling: str = "softmax"
    """saliency scaling of both maps: softmax (paper), none, zscore or l2"""
    temperature_squared: bool = True
    """multiply SAMD by T_s^2 (paper, second-hand); false is the released code"""
    teacher_range: str = "sample"
    """range of the teacher's map before scaling: sample, 0 to 1 in each image (as the colour bar of a figure shows),
    none, rate or batch (released code)"""
    student_range: str = "sample"
    """range of the student's map before scaling: sample, none (a count: one reading of a figure's colour bar), rate or
    batch (released code)"""
    student_map: str = "spikes"
    """the student's map: spikes, its spike activation map (paper), or cam, the class activation map of its own
    prediction (the first release)"""
    map_grid: str = "smaller"
    """where two maps of different size meet: smaller, the coarser grid, or image, both enlarged to the image's size
    (an older pipeline in the released history)"""
    map_class: str = "label"
    """class of the teacher's map: label (paper) or teacher, its argmax (released code)"""
    stage: int = -1
    """stage whose maps or features are compared: -1 the last (paper, second-hand), 0 the first"""
    every_stage: bool = False
    """compare SAMD's maps at every stage, a mean over the stages, instead of at one"""
    logit_temperature: float = 2.0
    """tau of the logits term (paper, second-hand)"""
    noise_weight: float = 0.1
    """lambda of NLD (paper)"""
    noise: str = "adaptive"
    """NLD's noise: adaptive (paper), or a fixed standard deviation such as 0.5"""
    noise_scale: str = "std"
    """deviation of the adaptive noise: std (paper) or variance (released code)"""
    noise_mix: str = "logits"
    """where the noise enters: logits (paper) or probabilities (released code)"""
    noise_gradient: bool = False
    """let the gradient flow through the noise's mean and deviation into the logits (released code)"""
    teacher_norm: str = "running"
    """statistics of the teacher's batch normalisation: running, or batch, the batch's own (the released code, whose
    running ones drift besides)"""
    epochs: int = 400
    """passes over the training set (released configuration)"""
    batch_size: int = 128
    """images in a step (released configuration)"""
    optimizer: str = "sgd"
    """sgd (paper, second-hand) or adamw, as transformers are trained"""
    lr: float = 0.1
    """peak learning rate, falling to 0 along a cosine (released configuration)"""
    warmup: int = 0
    """epochs in which the learning rate first rises to its peak, along a line"""
    momentum: float = 0.9
    """momentum of SGD (paper, second-hand)"""
    weight_decay: float = 1e-4
    """weight decay (paper, second-hand)"""
    label_smoothing: float = 0.0
    """share of the labels' weight that the cross-entropy spreads evenly over all classes"""
    precision: str = "auto"
    """fp32, bf16 (autocast while training, tests in fp32) or auto: bf16 on CUDA and on a CPU with the hardware for
    it, else fp32"""
    streams: int = 2
    """how random numbers are drawn: 2, a stream for each purpose, epoch and process; 1, as runs on record from before
    were, with one stream for the order of the images and the noise"""

    def __post_init__(self):
        for field in fields(self):
            object.__setattr__(self, field.name, check_type(field, getattr(self, field.name)))
            check_value(field.name, getattr(self, field.name))
        check_name(self.name)
        if self.dataset.startswith(FOLDER):  # with a slash at its end or without, it is one folder
            object.__setattr__(self, "dataset", self.dataset.rstrip("/"))
        check_data(self)
        check_model(self)
        check_losses(self.losses, self.loss_names)
        check_noise(self.noise)
        if self.noise != "adaptive":
            object.__setattr__(self, "noise", f"{float(self.noise):g}")  # so are 0.5 and 0.50
        check_stages(self)
        check_schedule(self)
        check_role(self)

    @property
    def loss_names(self) -> tuple[str, ...]:
        """The distillation terms, in order."""
        return () if self.losses == "none" else tuple(self.losses.split("+"))

    @property
    def model_options(self) -> dict[str, Any]:
        """What is chosen of the model: those of its options that are not left to it."""
        return {name: value for name in self.model_spec.options if (value := getattr(self, name)) != 0}

    @property
    def model_spec(self) -> ModelSpec:
        """The model's row in the table of teachers or of students. Raises CkdsnnError for one that is not there."""
        if self.is_teacher:
            return choose("model of a teacher", self.model, TEACHERS)
        return choose("model of a student", self.model, STUDENTS)

    @property
    def stages(self) -> int:
        """The number of the model's stages."""
        stages = self.model_spec.stages
        return {**self.model_spec.options, **self.model_options}[stages] if isinstance(stages, str) else stages

    @property
    def is_teacher(self) -> bool:
        return self.role == "teacher"

    @property
    def data_spec(self) -> DatasetSpec:
        """What is known of its data set before that is read, at the recipe's size."""
        return dataset_spec(self.dataset, self.image_size)

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> "Recipe":
        """The recipe in a record. Raises CkdsnnError for a field that is unknown here, and one that is impossible."""
        if not isinstance(content, Mapping) or "name" not in content:
            raise CkdsnnError(f"{shortened(content)} is no recipe; expected its fields by name, the name among them")
        check_known(content)
        if "role" not in content and is_teachers(content):
            content = {**content, "role": "teacher", "timesteps": 1}
        return cls(**ADDED_LATER | content)

    def replace(self, **changes: Any) -> "Recipe":
        """A copy with other field values, checked. Raises CkdsnnError for an unknown field."""
        check_known(changes)
        return dataclass_replace(self, **changes)

    def digest(self) -> str:
        """Eight hex digits of the content; the name does not count, so that suites share what is the same run."""
        content = dict(vars(self).items() - {"name": self.name, **ADDED_LATER}.items())
        if "samd" not in self.loss_names:
            content["student_range"] = "none"  # nothing reads it: it counts as the default from before
        if not order_counts(self.loss_names):
            content["losses"] = "+".join(sorted(self.losses.split("+")))
        if content.pop("role", None):  # a teacher's: it was known by its T
            content["timesteps"] = 0
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:8]

    def record_id(self, seed: int) -> str:
        """The id of the record of this recipe's run with this seed."""
        return f"{self.name}-s{seed}-{self.digest()}"


def is_teachers(content: Mapping[str, Any]) -> bool:
    """Whether a recipe in a record is a teacher's; before there were roles, a T of 0 said so."""
    return content.get("role") == "teacher" or content.get("timesteps") == 0


def is_current(content: Mapping[str, Any]) -> bool:
    """Whether a recipe in a record bears a name of today: those before had no field for their random streams."""
    return "streams" in content


def check_known(names: Iterable[str]) -> None:
    """Raise CkdsnnError, listing the fields, for a name that is none."""
    known = {field.name: field for field in fields(Recipe)}
    for name in names:
        choose("recipe field", name, known)


def check_run(content: Mapping[str, Any], seed: int, record_id: str) -> None:
    """Raise CkdsnnError unless the id is that of a run with this seed of this recipe, as a record holds it.

    Of a model or a data set that is not known here, as one's own may be, nothing can be told.
    """
    model, dataset = (content.get(name) for name in ("model", "dataset"))
    if not (isinstance(model, str) and isinstance(dataset, str)):
        raise CkdsnnError("the recipe names no model or no data set")
    if model in STUDENTS.keys() | TEACHERS.keys() and (dataset in DATASETS or dataset.startswith(FOLDER)):
        own = Recipe.of(content).record_id(seed)
        if own != record_id:
            raise CkdsnnError(f"the recipe and seed are those of {own}, not of {record_id}; one of them was altered")


def idle_fields(recipe: Recipe, names: Iterable[str]) -> dict[str, list[str]]:
    """Those of these fields that only losses read, but none of the recipe's -> the losses that read it."""
    able = {name: readers(name, recipe.every_stage) for name in names}
    return {name: losses for name, losses in able.items() if losses and not set(losses) & set(recipe.loss_names)}
