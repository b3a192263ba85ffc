"""A small record of a measurement, of round numbers."""

import torch

from ckdsnn.records.provenance import code_state, environment

SECONDS = {"data": 0.1, "teacher": 0.2, "student": 0.3, "losses": 0.1, "backward": 1.2, "optimiser": 0.1}


def entry(implementation="ours", rates=(8.0, 4.0, 2.0), **changes):
    """A case of 8 images a step: a block of the median rate takes 2 s."""
    return {
        "model": "resnet20",
        "width": 1,
        "timesteps": 1,
        "batch": 8,
        "implementation": implementation,
        "dtype": "float32",
        "steps": 1,
        "images_per_second": list(rates),
        "forward_images_per_second": [20.0, 30.0, 10.0],
        "phase_seconds": dict(SECONDS),
        "loader_workers": 0,
        "peak_memory_bytes": 50_000_000,
        "flops": 10**9,
        "least_bytes": 10**6,
        "floor": {"arithmetic_s": 0.5, "bandwidth_s": 0.25},
        **changes,
    }


def point(axis, value, seconds, memory=1_000_000, batch=8):
    """A size of the sweep whose step takes so many seconds."""
    sizes = {"timesteps": 1, "batch": batch, "width": 1} | {axis: value}
    rates = [sizes["batch"] / seconds]
    return {"axis": axis, "value": value, "model": "resnet20", **sizes, "images_per_second": rates} | {
        "peak_memory_bytes": memory
    }


EXAMPLE = {
    "id": "bench-cpu-some-processor-20250131T120000Z",
    "code": code_state(),
    "env": environment(torch.device("cpu"), "32-true"),
    "started": "2025-01-31T12:00:00Z",
    "seconds": 60.0,
    "options": {
        "models": "resnet20",
        "timesteps": "1",
        "batch": 8,
        "rounds": 3,
        "steps": 0,
        "implementations": "reference,ours",
        "sweep": True,
        "switches": False,
    },
    "device_limits": {"flops_per_second": {"float32": 2e9}, "bytes_per_second": 4e6},
    "cases": [entry("reference", (2.0, 1.0, 4.0), loader_workers=2), entry()],
    "sweep": [point("timesteps", t, 0.5 * t) for t in (1, 2, 4)],
}


def training(recipe, side_by_side, seconds, command_seconds):
    """A training of a group, with the time of a step in each epoch that counts."""
    sizes = {"recipe": recipe, "batch": 8, "side_by_side": side_by_side, "epochs": 1 + len(seconds), "steps": 8}
    return sizes | {"step_seconds": list(seconds), "command_seconds": command_seconds}


def waited(variables, idle, busy):
    """A way of waiting, with the seconds of a step in each block."""
    return {"variables": variables, "recipe": "digits", "batch": 8, "threads": 2} | {
        "idle_seconds": list(idle),
        "busy_seconds": list(busy),
    }
