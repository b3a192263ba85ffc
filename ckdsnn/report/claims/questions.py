"""The paper's claims, and the comparisons that would have to come out as it says. The numbering is that of the book."""

from dataclasses import dataclass

COUNT, SCALED, EITHER = "count", "0–1", ""  # the readings: the student's map a count of spikes, or both maps 0 to 1
BEST = "0–1, β = 30"  # of those tried beside NLD
READINGS = (COUNT, SCALED, BEST)


@dataclass(frozen=True)
class Question:
    """Is `value` of `method` higher (or lower) than that of `baseline`?"""

    source: str
    """the suite, or the kind of study, in which both are measured"""
    method: str
    baseline: str
    value: str = "accuracy"
    """accuracy or efficiency (accuracy for the energy) of a suite's runs, or the name of a value of a study"""
    higher: bool = True
    reading: str = EITHER
    """how SAMD's maps meet in it; empty where no map is involved"""
    networks: tuple[str, ...] = ()
    """where method and baseline are kinds of maps in one study: the methods whose networks they are of, all together"""

    @property
    def sources(self) -> tuple[str, ...]:
        """The methods whose records or studies answer it."""
        return self.networks or (self.method, self.baseline)


@dataclass(frozen=True)
class Claim:
    """One claim: it is supported where every question has the answer that it expects."""

    key: str
    statement: str
    notebook: str
    """which shows the runs behind it; empty where nothing is asked yet"""
    questions: tuple[Question, ...]
    remark: str
    """what has to be known to read the verdict"""


def reading_of(method: str) -> str:
    """How the maps meet in a method with SAMD."""
    if method.endswith("-sample-beta30"):
        return BEST
    return SCALED if "-sample" in method else COUNT


def ask(source: str, method: str, *baselines: str, **fields) -> tuple[Question, ...]:
    """The method against each of the baselines; the reading is told by the method's name."""
    if method.startswith(("ckdsnn", "samd")):
        fields = {"reading": reading_of(method)} | fields
    return tuple(Question(source, method, baseline, **fields) for baseline in baselines)


def closer(method: str) -> tuple[Question, ...]:
    """Whether the method's students answer, and look, more like their teacher than plain SNNs do."""
    apart = [ask("distributions", method, "snn", value=value, higher=False) for value in ("kl", "js-logits")]
    return sum(apart, ()) + ask("distributions", method, "snn", value="correlation")


def both(source: str, method: str, *variants: str) -> tuple[Question, ...]:
    """`ask` in the readings count and 0–1, against variants of the method's own reading."""
    letter, sample = method, f"{method}-sample"
    return ask(source, letter, *(f"{letter}-{v}" for v in variants)) + ask(
        source, sample, *(f"{sample}-{v}" for v in variants)
    )


# the first is the better map, if the claim holds; a faithful one also beats chance and a map of no image
MAP_PAIRS = (
    ("sam", "grad_cam"),
    ("sam_first", "grad_cam_first"),
    ("sam", "random"),
    ("sam", "centre"),
    ("grad_cam_first", "grad_cam_far"),
)

CLAIMS = (
    Claim(
        "C1",
        "Features and logits of teacher and student are distributed differently, and the method brings them together.",
        "notebooks/04_distributions.ipynb",
        closer("ckdsnn") + closer("ckdsnn-sample"),
        "On 1,000 test images: how far the softened predictions are from the teacher's (Kullback-Leibler divergence), "
        "the logits' distributions from each other (Jensen-Shannon divergence), and how SAM and the teacher's CAM "
        "correlate beyond maps of different images. Spikes and real-valued features have no common unit: they are "
        "shown but decide nothing. KD and NLD are not asked here; the page of the runs has them beside CKDSNN.",
    ),
    Claim(
        "C2",
        "Gradient-based maps of a spiking network are unreliable, its spike activation map is faithful.",
        "notebooks/05_reliability.ipynb",
        tuple(
            Question("faithfulness", kind, other, value="score", networks=("snn", "ckdsnn-sample"))
            for kind, other in MAP_PAIRS
        ),
        "ROAD score on 100 test images: half the difference between the probabilities that are left when the least and "
        "when the most relevant pixels are removed first; a mean over the SNN and CKDSNN (0–1) of each seed. At the "
        "last stage no surrogate gradient enters Grad-CAM: there SAM is compared with an exact gradient. The last "
        "question asks whether at the first stage another surrogate than the trained one makes a worse map.",
    ),
    Claim(
        "C3",
        "SAMD and NLD each help, and together they help most.",
        "notebooks/07_components.ipynb",
        ask("components", "nld", "snn")
        + ask("components", "samd", "snn")
        + ask("components", "ckdsnn", "snn", "nld", "samd")
        + ask("components", "samd-sample", "snn")
        + ask("map-losses", "samd-sample-beta10", "snn")
        + ask("components", "ckdsnn-sample", "snn", "nld", "samd-sample")
        + ask("ranges", "ckdsnn-sample-beta10", "nld")
        + ask("components", "samd-sample-beta30", "snn")
        + ask("components", "ckdsnn-sample-beta30", "snn", "nld", "samd-sample-beta30"),
        "CKDSNN against NLD is what SAMD adds. Maps from 0 to 1 pull far less than counts, and so they are asked with "
        "larger weights, too: 10, for SAMD alone the best of four by these same test results, which favours it, and "
        "30, the best of all readings beside NLD for the seeds 0 to 2. Why does "
        "SAMD add what it adds? These pages say what is on record of other [ranges, temperatures and weights of the "
        "maps](../notebooks/06_ranges.ipynb), [weights of both losses](../notebooks/17_weights.ipynb), "
        "[time steps](../notebooks/13_timesteps.ipynb) and [other schedules, widths, numbers of labels and "
        "teachers](../notebooks/19_conditions.ipynb), [the released forms with and without "
        "SAMD](../notebooks/16_released.ipynb), and of the [gradients of each reading](../notebooks/18_theory.ipynb).",
    ),
    Claim(
        "C4",
        "Softmax scaling of the maps beats none, z-scores and L2 norms.",
        "notebooks/10_scaling.ipynb",
        both("scaling", "ckdsnn", "none", "l2")
        + ask("scaling", "ckdsnn", "ckdsnn-zscore")
        + ask("scaling", "ckdsnn-sample", "ckdsnn-zscore", "ckdsnn-zscore-beta0.01", "ckdsnn-sample-none-beta0.03"),
        "For scalings other than softmax the paper's distance is not known; here it is the squared difference. At "
        "equal weights the scalings differ in strength as well as in shape: hence the last two questions of the "
        "reading 0–1, which ask at smaller weights.",
    ),
    Claim(
        "C5",
        "The last stage is the best place for SAMD.",
        "notebooks/11_stage.ipynb",
        both("stage", "ckdsnn", "first", "second", "all"),
        "Before the last stage the teacher's map is Grad-CAM, as no closed form exists there. Where SAMD adds nothing "
        "(C3), the best place for it means little.",
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
        ask("map-losses", "samd", "at", "at-beta32", "catkd", "e2kd")
        + ask("map-losses", "samd-sample", "at", "at-beta32", "catkd", "e2kd")
        + ask("map-losses", "samd-sample-beta10", "at-beta32", "catkd", "e2kd"),
        "Map losses alone, without logits distillation; the rivals with the weights of their authors' code, AT also "
        "with one of 32, as at 1000 its students fall silent. SAMD from 0 to 1 is asked with a larger weight, too, the "
        "best of four by these same test results.",
    ),
    Claim(
        "C8",
        "CKDSNN beats logits distillation (KD), KDSNN and BKDSNN.",
        "notebooks/12_rivals.ipynb",
        ask("rivals", "ckdsnn", "kd", "kdsnn", "bkd")
        + ask("rivals", "ckdsnn-sample", "kd", "kdsnn", "bkd")
        + ask("rivals", "ckdsnn-sample-beta30", "kd", "kdsnn", "bkd"),
        "KDSNN and BKDSNN add their feature loss to plain logits distillation, as published; their weights were not "
        "searched, as SAMD's third reading was among many. What was tried: see C3.",
    ),
    Claim("C9", "It needs no convolutional network: it works for Spikformer.", "", (), "Needs a spiking transformer."),
    Claim(
        "C10",
        "Better accuracy for the energy.",
        "notebooks/14_energy.ipynb",
        ask("rivals", "ckdsnn", "snn", "kd", "bkd", value="efficiency")
        + ask("rivals", "ckdsnn-sample", "snn", "kd", "bkd", value="efficiency")
        + ask("rivals", "ckdsnn-sample-beta30", "snn", "kd", "bkd", value="efficiency"),
        "Efficiency: test accuracy (%) for each microjoule of the counted arithmetic of one image, at T = 1. A ratio "
        "rewards a network that is cheap, whatever it answers.",
    ),
    Claim(
        "C11",
        "The loss landscape of the distilled student is flatter.",
        "notebooks/15_landscape.ipynb",
        tuple(
            question
            for method in ("ckdsnn", "ckdsnn-sample")
            for value in ("rise", "lost")
            for question in ask("landscape", method, "snn", value=value, higher=False)
        ),
        "How much the training cross-entropy rises (nat) and how much training accuracy is lost (points) along "
        "filter-normalised random directions, at a distance of 0.2; lower is flatter. A network that has learned "
        "little is flat, too.",
    ),
    Claim("C12", "It carries over to event data.", "", (), "Needs event data (CIFAR10-DVS, N-MNIST)."),
)
