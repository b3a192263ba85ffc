"""The power that a device draws, where it tells: a GPU of NVIDIA's, if the package nvidia-ml-py is installed."""

import torch


def watts(device: torch.device) -> float | None:
    """What the device draws, on average over the moments before; None where nothing tells it, as on a CPU."""
    if device.type != "cuda":
        return None
    try:
        return torch.cuda.power_draw(device) / 1000
    except Exception:  # the package is missing, or the driver or this GPU does not tell: each has an error of its own
        return None
