"""The paper's claims that its text lets one test, and the comparisons that would have to come out as it says.

C9 (no CNN needed) and C12 (event data) need networks and data that are not here yet. Claims, their numbering and the
numbers in them are those of the book.
"""

from dataclasses import dataclass

LETTER, SAMPLE, EITHER = "student's map a count", "both maps 0 to 1", ""  # the readings


@dataclass(frozen=True)
class Question:
    """Is `value` of `method` higher (or lower) than that of `baseline`?"""

    source: str
    """the suite, or the kind of study, in which both are measured"""
    method: str
    baseline: str
    value: str = "accuracy"
    """accuracy or energy of a suite's runs, or the name of a value of a study"""
    higher: bool = True
    reading: str = EITHER
    """how SAMD's maps meet in it; empty where no map is involved"""
    network: str = ""
    """where method and baseline are kinds of maps in one study: the method whose networks they are of"""

    @property
    def networks(self) -> tuple[str, ...]:
        """The methods whose records or studies answer it."""
        return (self.network,) if self.network else (self.method, self.baseline)


@dataclass(frozen=True)
class Claim:
    """One claim: it is supported where every question has the answer that it expects."""

    key: str
    statement: str
    notebook: str
    """which shows the runs behind it"""
    questions: tuple[Question, ...]
    remark: str
    """what has to be known to read the verdict"""


def ask(source: str, method: str, *baselines: str, **fields) -> tuple[Question, ...]:
    """The method against each of the baselines; the reading is told by the method's name."""
    if method.startswith(("ckdsnn", "samd")):
        fields = {"reading": SAMPLE if "-sample" in method else LETTER} | fields
    return tuple(Question(source, method, baseline, **fields) for baseline in baselines)


def closer(method: str) -> tuple[Question, ...]:
    """Whether the method's students are distributed more like their teacher than plain SNNs are."""
    values = ("kl", "js-pooled", "js-logits")
    return tuple(q for value in values for q in ask("distributions", method, "snn", value=value, higher=False))


def both(source: str, method: str, *variants: str) -> tuple[Question, ...]:
    """`ask` in both readings, against variants of the method's own reading."""
    letter, sample = method, f"{method}-sample"
    return ask(source, letter, *(f"{letter}-{v}" for v in variants)) + ask(
        source, sample, *(f"{sample}-{v}" for v in variants)
    )


MAP_PAIRS = (("sam", "grad_cam"), ("sam_first", "grad_cam_first"), ("sam", "random"), ("sam", "centre"))

CLAIMS = (
    Claim(
        "C1",
        "Features and logits of teacher and student are distributed differently, and the method brings them together.",
        "notebooks/04_distributions.ipynb",
        closer("ckdsnn") + closer("ckdsnn-sample"),
        "How far the student is from its teacher on 1,000 test images: divergence of the softened predictions (kl), "
        "and the Jensen-Shannon divergence of pooled features and of logits. The plain SNN's has to be larger.",
    ),
    Claim(
        "C2",
        "Gradient-based maps of a spiking network are unreliable, its spike activation map is faithful.",
        "notebooks/05_reliability.ipynb",
        tuple(
            Question("faithfulness", kind, other, value="score", network=method)
            for method in ("snn", "ckdsnn-sample")
            for kind, other in MAP_PAIRS
        ),
        "ROAD score on 100 test images: half of what the answer suffers more where the most relevant cells are removed "
        "than where the least relevant ones are. At the last stage no surrogate gradient enters Grad-CAM.",
    ),
    Claim(
        "C3",
        "SAMD and NLD each help, and together they help most.",
        "notebooks/07_components.ipynb",
        ask("components", "nld", "snn", "kd")
        + ask("components", "samd", "snn")
        + ask("components", "ckdsnn", "snn", "nld", "samd")
        + ask("components", "samd-sample", "snn")
        + ask("components", "ckdsnn-sample", "snn", "nld", "samd-sample"),
        "NLD against KD shows what the noise adds, CKDSNN against NLD what SAMD adds to it.",
    ),
    Claim(
        "C4",
        "Softmax scaling of the maps beats none, z-scores and L2 norms.",
        "notebooks/10_scaling.ipynb",
        both("scaling", "ckdsnn", "none", "l2")
        + ask("scaling", "ckdsnn", "ckdsnn-zscore")
        + ask("scaling", "ckdsnn-sample", "ckdsnn-zscore"),
        "For the scalings other than softmax the paper's distance is not known; here it is the squared difference.",
    ),
    Claim(
        "C5",
        "The last stage is the best place for SAMD.",
        "notebooks/11_stage.ipynb",
        both("stage", "ckdsnn", "first", "second", "all"),
        "Before the last stage the teacher's map is Grad-CAM, as no closed form exists there.",
    ),
    Claim(
        "C6",
        "Adaptive noise beats every fixed standard deviation.",
        "notebooks/09_noise.ipynb",
        ask("noise", "nld", "kd", *(f"nld-noise{deviation}" for deviation in ("0.5", "1", "2", "5", "10"))),
        "KD is NLD without noise. Measured without SAMD, so that nothing else varies.",
    ),
    Claim(
        "C7",
        "Aligning SAM with CAM beats earlier map distillation (AT, CAT-KD, e2KD).",
        "notebooks/08_map_losses.ipynb",
        ask("map-losses", "samd", "at", "catkd", "e2kd") + ask("map-losses", "samd-sample", "at", "catkd", "e2kd"),
        "Map losses alone, without logits distillation; the rivals with the weights of their authors' code.",
    ),
    Claim(
        "C8",
        "CKDSNN beats logits distillation (KD), KDSNN and BKDSNN.",
        "notebooks/12_rivals.ipynb",
        ask("rivals", "ckdsnn", "kd", "kdsnn", "bkd") + ask("rivals", "ckdsnn-sample", "kd", "kdsnn", "bkd"),
        "KDSNN and BKDSNN add their feature loss to plain logits distillation, as published.",
    ),
    Claim(
        "C10",
        "Better accuracy for the energy: more accuracy, and no more energy, than without distillation.",
        "notebooks/14_energy.ipynb",
        ask("components", "ckdsnn", "snn")
        + ask("components", "ckdsnn", "snn", value="energy", higher=False)
        + ask("components", "ckdsnn-sample", "snn")
        + ask("components", "ckdsnn-sample", "snn", value="energy", higher=False),
        "Energy is that of the counted arithmetic of one image, in nanojoule.",
    ),
    Claim(
        "C11",
        "The loss landscape of the distilled student is flatter.",
        "notebooks/15_landscape.ipynb",
        ask("landscape", "ckdsnn", "snn", value="rise", higher=False)
        + ask("landscape", "ckdsnn-sample", "snn", value="rise", higher=False),
        "The rise of the training cross-entropy (nat) along filter-normalised random directions; lower is flatter.",
    ),
)
