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
    ),
    Claim(
        "C2",
        "Gradient-based maps of a spiking network are unreliable, its spike activation map is faithful.",
        "faithfulness",
        tuple(
            Question("faithfulness", kind, other, value="score", networks=("snn", "ckdsnn"))
            for kind, other in MAP_PAIRS
        ),
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
    ),
    Claim(
        "C4",
        "Softmax scaling of the maps beats none, z-scores and L2 norms.",
        "scaling",
        both("scaling", "none", "l2")
        + ask("scaling", "ckdsnn", "ckdsnn-zscore", "ckdsnn-zscore-beta0.01", "ckdsnn-none-beta0.03")
        + ask("scaling", "ckdsnn-count", "ckdsnn-zscore"),
    ),
    Claim(
        "C5",
        "The last stage is the best place for SAMD.",
        "stage",
        both("stage", "stage1", "stage2", "all-stages"),
    ),
    Claim(
        "C6",
        "Adaptive noise beats every fixed standard deviation.",
        "noise",
        ask("noise", "nld", "kd", *(f"nld-noise{deviation}" for deviation in ("0.5", "1", "2", "5", "10"))),
    ),
    Claim(
        "C7",
        "Aligning SAM with CAM beats earlier map distillation (AT, CAT-KD, e2KD).",
        "map-losses",
        ask("map-losses", "samd", "at", "at-beta32", "catkd", "e2kd")
        + ask("map-losses", "samd-beta10", "at-beta32", "catkd", "e2kd")
        + ask("map-losses", "samd-count", "at", "at-beta32", "catkd", "e2kd"),
    ),
    Claim(
        "C8",
        "CKDSNN beats logits distillation (KD), KDSNN and BKDSNN.",
        "rivals",
        sum((ask("rivals", method, "kd", "kdsnn", "bkd") for method in FORMS), ()),
    ),
    Claim(
        "C9",
        "It needs no convolutional network: it works for Spikformer.",
        "spikformer",
        ask("spikformer", "ckdsnn", "snn", "kd"),
    ),
    Claim(
        "C10",
        "Better accuracy for the energy.",
        "energy",
        sum((ask("rivals", method, "snn", "kd", "bkd", value="efficiency") for method in FORMS), ()),
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
    ),
    Claim(
        "C12",
        "It carries over to event data.",
        "events",
        ask("events", "ckdsnn", "snn", "kd") + ask("simulated", "cifar10-events-ckdsnn", "cifar10-events-snn"),
    ),
)
