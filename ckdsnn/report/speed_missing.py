"""What of the training step no record has measured yet, and the command that would."""

from collections.abc import Sequence

import pandas as pd

from ckdsnn.records.bench import BenchRecord, bench_frame
from ckdsnn.report.tables import listed, series

ON_GPU = {  # a part of an implementation's name -> in words
    "spikingjelly": "the plain loop of spikingjelly",
    "graph=True": "the step as one CUDA graph (`graph`)",
    "neuron=triton": "the neuron as one Triton kernel (`neuron`)",
    "fused_sgd=True": "SGD in one kernel (`fused_sgd`)",
    "compile=True": "the networks compiled by torch (`compile`)",
}


def unmeasured(benches: Sequence[BenchRecord]) -> str:
    """A list in Markdown, a sentence for each measurement that is missing; empty if none is."""
    runs = bench_frame(benches)
    on_gpu = runs["device"].str.startswith("cuda")
    missing = [
        ("On a GPU", lacking_on_gpu(runs[on_gpu]), "ckdsnn bench --switches true"),
        ("On a CPU that multiplies bf16 in hardware", lacking_bf16(runs[~on_gpu]), "ckdsnn bench"),
        (
            "On any machine",
            ["trainings side by side"] * all(not b.groups for b in benches),
            "ckdsnn bench --groups true",
        ),
        ("On a CPU", ["a busy computer"] * all(not b.waiting for b in benches), "ckdsnn bench --waiting true"),
    ]
    return listed(f"{where}: {series(what)}. `{command}` measures that." for where, what, command in missing if what)


def lacking_on_gpu(runs: pd.DataFrame) -> list[str]:
    """What no GPU's record has."""
    names = " ".join(runs["implementation"].unique())
    power = ["images a second and watt (with the package nvidia-ml-py)"] * bool(runs["watts"].isna().all())
    return [words for part, words in ON_GPU.items() if part not in names] + power


def lacking_bf16(runs: pd.DataFrame) -> list[str]:
    """Whether no CPU has computed our step in bf16 by itself."""
    by_itself = (runs["implementation"] == "ours") & (runs["dtype"] == "bfloat16")
    return [] if by_itself.any() else ["our step in bf16, which it takes there by itself"]
