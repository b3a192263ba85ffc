"""One training step on random images, as real trainings compute it, for measuring what it costs."""

from collections.abc import Callable

import torch

from ckdsnn.analysis.graph import CudaGraph, Replayed
from ckdsnn.assemble import build_network, build_objective, fresh_teacher, shown_inputs
from ckdsnn.distill import LOSSES, Objective
from ckdsnn.engine import Engine, computes_half, engine, in_layout
from ckdsnn.inputs import InputSpec
from ckdsnn.models import build_student, build_teacher
from ckdsnn.recipe import Recipe


def default_device() -> torch.device:
    """CUDA if there is any."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


class Step:
    """A full step of `network` under `objective` with SGD, on one batch of random images; each call trains.

    images [B, C, H, W], labels [B]: the batch, on the device; may be replaced. inputs, shown: the form of what the
    network and its teacher see, by default the same. precision: fp32, bf16 (autocast), or
    auto, see `computes_half`. `phases` are the parts of a step by name, in order, for those who time them one by one;
    of a step that is replayed as a graph, which has none, they are the parts of its first calls.
    """

    replayed: Replayed | None = None

    def __init__(
        self,
        network: torch.nn.Module,
        objective: Objective,
        batch: int,
        num_classes: int,
        device: torch.device | None = None,
        precision: str = "auto",
        inputs: InputSpec | None = None,
        shown: InputSpec | None = None,
        switches: Engine | None = None,
    ):
        self.device, switches = device or default_device(), switches or Engine()
        self.network = switches.prepare(network, self.device)
        self.objective = switches.tell(objective).to(self.device)
        trained = [*self.network.parameters(), *self.objective.parameters()]
        rate, fused = 0.1, switches.fused_sgd or switches.graph
        if switches.graph:
            self.replayed = Replayed(lambda *batch: (self.compute(*batch),), CudaGraph(self.device))
            rate = torch.tensor(rate, device=self.device)  # a schedule changes it: to be read at each replay
        self.optimizer = torch.optim.SGD(trained, rate, momentum=0.9, weight_decay=1e-4, fused=fused or None)
        self.half = computes_half(precision, self.device.type)
        inputs = inputs or InputSpec()
        self.images = in_layout(torch.randn_like(inputs.blank(batch, self.device)), switches.layout)
        self.pictures = None
        if shown and shown != inputs:
            self.pictures = in_layout(torch.randn_like(shown.blank(batch, self.device)), switches.layout)
        self.labels = torch.randint(num_classes, (batch,), device=self.device)

    @property
    def shown(self) -> torch.Tensor:
        """What the teacher sees."""
        return self.images if self.pictures is None else self.pictures

    @property
    def phases(self) -> dict[str, Callable[[], None]]:
        """The parts of a step, in order."""
        return {
            "teacher": self.run_teacher,
            "student": self.run_student,
            "losses": self.run_losses,
            "backward": self.run_backward,
            "optimiser": self.optimizer.step,
        }

    def __call__(self) -> torch.Tensor:
        """All phases once; the loss, a scalar still on the device."""
        batch = (self.images, self.labels, *([] if self.pictures is None else [self.pictures]))
        return self.replayed(*batch)[0] if self.replayed else self.compute(*batch)

    def compute(self, images: torch.Tensor, labels: torch.Tensor, pictures: torch.Tensor | None = None) -> torch.Tensor:
        """`__call__` on this batch, launch by launch."""
        self.images, self.labels, self.pictures = images, labels, pictures
        self.features = self.total = None  # what is left of a former step would bind its gradients to another stream
        for phase in self.phases.values():
            phase()
        return self.total.detach()

    def autocast(self) -> torch.autocast:
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.half)

    def run_teacher(self) -> None:
        with self.autocast():
            self.seen = self.objective.observe(self.shown)

    def run_student(self) -> None:
        with self.autocast():
            self.features = self.network(self.images)

    def run_losses(self) -> None:
        with self.autocast():
            self.total, _ = self.objective.compare(self.shown, self.labels, self.features, self.seen)

    def run_backward(self) -> None:
        self.optimizer.zero_grad()
        self.total.backward()

    @torch.no_grad()
    def forward(self) -> None:
        """The network's forward pass alone."""
        self.run_student()


def training_step(
    student: str = "resnet20",
    width: int = 1,
    timesteps: int = 1,
    batch: int = 128,
    num_classes: int = 100,
    device: torch.device | None = None,
    precision: str = "auto",
) -> Step:
    """One full distillation step, SAMD + NLD, as a callable: the teacher has the student's architecture.

    On CUDA if there is any, in the layout and precision of real trainings; each call returns the loss.
    Raises CkdsnnError for an unknown student and sizes below 1.
    """
    network = build_student(student, num_classes, timesteps, width=width)
    terms = {name: (1.0, LOSSES[name]()) for name in ("samd", "nld")}
    objective = Objective(terms, build_teacher(student, num_classes, width=width))
    return Step(network, objective, batch, num_classes, device, precision, switches=engine())


def recipe_step(recipe: Recipe, num_classes: int, device: torch.device | None = None) -> Step:
    """The step of a recipe's training, with fresh weights; a teacher's own step is one without distillation.

    Raises CkdsnnError for the name of an unknown teacher.
    """
    teacher = fresh_teacher(recipe, num_classes) if recipe.loss_names else None
    network = build_network(recipe, num_classes)
    objective = build_objective(recipe, teacher, network)
    sizes = recipe.data_spec.inputs, shown_inputs(recipe)
    return Step(network, objective, recipe.batch_size, num_classes, device, recipe.precision, *sizes, engine())
