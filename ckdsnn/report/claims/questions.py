"""The paper's claims, and the comparisons that would have to come out as it says. The numbering is that of the book."""

from dataclasses import dataclass

from ckdsnn.report.labels import family_of

# how SAMD's maps meet: both from 0 to 1 within each image; that with thirty times the weight, picked of all that were
# tried beside NLD; the student's map a count of spikes, a reading of one figure's colour bar
SCALED, HEAVY, COUNT, ANY = "0–1", "0–1, β\u00a0=\u00a030", "count", ""
MAP_RANGES = (SCALED, HEAVY, COUNT)
PICKED = ("ckdsnn-beta30", "samd-beta30")


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
    map_range: str = ANY
    """how SAMD's maps meet in it; empty where that plays no role"""
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
    shown: str
    """what the page is about that shows the runs behind it: a key of PAGES"""
    questions: tuple[Question, ...]
    remark: str
    """what has to be known to read the verdict"""


def range_of(method: str) -> str:
    """How the maps meet in a method; empty where it has none."""
    if method in PICKED:
        return HEAVY
    family = family_of(method)
    return COUNT if family.endswith("-count") else SCALED if family in ("samd", "ckdsnn") else ANY


def ask(source: str, method: str, *baselines: str, **fields) -> tuple[Question, ...]:
    """The method against each of the baselines, in the method's own map range."""
    fields = {"map_range": range_of(method)} | fields
    return tuple(Question(source, method, baseline, **fields) for baseline in baselines)


def closer(method: str) -> tuple[Question, ...]:
    """Whether the method's students answer, and look, more like their teacher than plain SNNs do."""
    apart = [ask("distributions", method, "snn", value=value, higher=False) for value in ("kl", "js-logits")]
    return sum(apart, ()) + ask("distributions", method, "snn", value="correlation")


def both(source: str, *variants: str) -> tuple[Question, ...]:
    """CKDSNN with both maps 0 to 1, and with counts, each against these variants of its own."""
    return sum((ask(source, of, *(f"{of}-{v}" for v in variants)) for of in ("ckdsnn", "ckdsnn-count")), ())


# the first is the better map, if the claim holds; a faithful one also beats chance and a map of no image
MAP_PAIRS = (
    ("sam", "grad_cam"),
    ("sam_first", "grad_cam_first"),
    ("sam", "random"),
    ("sam", "centre"),
    ("grad_cam_first", "grad_cam_far"),
)

FORMS = ("ckdsnn", "ckdsnn-beta30", "ckdsnn-count")  # in each map range

CLAIMS = (
    Claim(
        "C1",
        "Features and logits of teacher and student are distributed differently, and the method brings them together.",
        "distributions",
        closer("ckdsnn") + closer("ckdsnn-count"),
        "On 1,000 test images: how far the softened predictions are from the teacher's (Kullback-Leibler divergence), "
        "the logits' distributions from each other (Jensen-Shannon divergence), and how SAM and the teacher's CAM "
        "correlate beyond maps of different images. Spikes and real-valued features have no common unit: they are "
        "shown but decide nothing. KD and NLD are not asked here; the page of the runs has them beside CKDSNN.",
    ),
    Claim(
        "C2",
        "Gradient-based maps of a spiking network are unreliable, its spike activation map is faithful.",
        "faithfulness",
        tuple(
            Question("faithfulness", kind, other, value="score", networks=("snn", "ckdsnn"))
            for kind, other in MAP_PAIRS
        ),
        "ROAD score on 100 test images: half the difference between the probabilities that are left when the least and "
        "when the most relevant pixels are removed first; a mean over the SNN and CKDSNN of each seed. At the "
        "last stage no surrogate gradient enters Grad-CAM: there SAM is compared with an exact gradient. The last "
        "question asks whether at the first stage another surrogate than the trained one makes a worse map.",
    ),
    Claim(
        "C3",
        "SAMD and NLD each help, and together they help most.",
        "components",
        ask("components", "nld", "snn")
        + ask("components", "samd", "snn")
        + ask("map-losses", "samd-beta10", "snn")
        + ask("components", "ckdsnn", "snn", "nld", "samd")
        + ask("ranges", "ckdsnn-beta10", "nld")
        + ask("components", "samd-beta30", "snn")
        + ask("components", "ckdsnn-beta30", "snn", "nld", "samd-beta30")
        + ask("components", "samd-count", "snn")
        + ask("components", "ckdsnn-count", "snn", "nld", "samd-count"),
        "CKDSNN against NLD is what SAMD adds. Maps from 0 to 1 pull less hard than the labels, and so they are asked "
        "with larger weights, too: 10, for SAMD alone the best of four by the seeds 0 to 2, which take no part here, "
        "and 30, the best beside NLD by the same seeds. Why does SAMD add what it adds? These pages say what is on "
        "record of other [ranges, temperatures and weights of the maps](../notebooks/06_ranges.ipynb), [weights of "
        "both losses](../notebooks/17_weights.ipynb), [time steps](../notebooks/13_timesteps.ipynb) and [other "
        "schedules, widths, numbers of labels and teachers](../notebooks/19_conditions.ipynb), [the released forms "
        "with and without SAMD](../notebooks/16_released.ipynb), and of the [gradients in each map "
        "range](../notebooks/18_theory.ipynb).",
    ),
    Claim(
        "C4",
        "Softmax scaling of the maps beats none, z-scores and L2 norms.",
        "scaling",
        both("scaling", "none", "l2")
        + ask("scaling", "ckdsnn", "ckdsnn-zscore", "ckdsnn-zscore-beta0.01", "ckdsnn-none-beta0.03")
        + ask("scaling", "ckdsnn-count", "ckdsnn-zscore"),
        "For scalings other than softmax the paper's distance is not known; here it is the squared difference. At "
        "equal weights the scalings differ in strength as well as in shape: hence the last two questions of the "
        "map range 0–1, which ask at smaller weights.",
    ),
    Claim(
        "C5",
        "The last stage is the best place for SAMD.",
        "stage",
        both("stage", "stage1", "stage2", "all-stages"),
        "Before the last stage the teacher's map is Grad-CAM, as no closed form exists there. Where SAMD adds nothing "
        "(C3), the best place for it means little.",
    ),
    Claim(
        "C6",
        "Adaptive noise beats every fixed standard deviation.",
        "noise",
        ask("noise", "nld", "kd", *(f"nld-noise{deviation}" for deviation in ("0.5", "1", "2", "5", "10"))),
        "KD is NLD without noise. Measured without SAMD, so that nothing else varies.",
    ),
    Claim(
        "C7",
        "Aligning SAM with CAM beats earlier map distillation (AT, CAT-KD, e2KD).",
        "map-losses",
        ask("map-losses", "samd", "at", "at-beta32", "catkd", "e2kd")
        + ask("map-losses", "samd-beta10", "at-beta32", "catkd", "e2kd")
        + ask("map-losses", "samd-count", "at", "at-beta32", "catkd", "e2kd"),
        "Map losses alone, without logits distillation; the rivals with the weights of their authors' code, AT also "
        "with one of 32, as at 1000 its students fall silent. SAMD is asked with a larger weight, too, the best of "
        "four by the seeds 0 to 2, which take no part here.",
    ),
    Claim(
        "C8",
        "CKDSNN beats logits distillation (KD), KDSNN and BKDSNN.",
        "rivals",
        sum((ask("rivals", method, "kd", "kdsnn", "bkd") for method in FORMS), ()),
        "KDSNN and BKDSNN add their feature loss to plain logits distillation, as published; their weights were not "
        "searched, as the weight of 30 was among many. What was tried: see C3.",
    ),
    Claim(
        "C9",
        "It needs no convolutional network: it works for Spikformer.",
        "spikformer",
        ask("spikformer", "ckdsnn", "snn", "kd"),
        "A Spikformer of two blocks of 64 channels with one time step; the paper has four of 384. What SAMD adds to "
        "NLD in it is on the page of the runs.",
    ),
    Claim(
        "C10",
        "Better accuracy for the energy.",
        "energy",
        sum((ask("rivals", method, "snn", "kd", "bkd", value="efficiency") for method in FORMS), ()),
        "Efficiency: test accuracy (%) for each microjoule of the counted arithmetic of one image, at T = 1. A ratio "
        "rewards a network that is cheap, whatever it answers.",
    ),
    Claim(
        "C11",
        "The loss landscape of the distilled student is flatter.",
        "landscape",
        tuple(
            question
            for method in ("ckdsnn", "ckdsnn-count")
            for value in ("rise", "lost")
            for question in ask("landscape", method, "snn", value=value, higher=False)
        ),
        "How much the training cross-entropy rises (nat) and how much training accuracy is lost (points) along "
        "filter-normalised random directions, at a distance of 0.2; lower is flatter. A network that has learned "
        "little is flat, too.",
    ),
    Claim(
        "C12",
        "It carries over to event data.",
        "events",
        ask("events", "ckdsnn", "snn", "kd") + ask("simulated", "cifar10-events-ckdsnn", "cifar10-events-snn"),
        "In tier reduced: 1,000 recordings of N-MNIST, judged by 100 others, so that one recording is a whole percent; "
        "and *simulated events*, computed from pictures of CIFAR-10, not recorded. The paper has CIFAR10-DVS, which "
        "was not at hand. Teachers that see the pictures behind the events are on the page of the runs.",
    ),
)
