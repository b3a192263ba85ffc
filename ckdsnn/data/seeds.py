"""Random streams that belong to numbers, so that what is drawn depends on nothing that was drawn before."""

import numpy as np
import torch


def seeded(*numbers: int, device: torch.device | str = "cpu") -> torch.Generator:
    """A generator on `device` whose stream belongs to these numbers alone (each from 0 to 2^32 - 1)."""
    state = np.random.SeedSequence(numbers).generate_state(1, np.uint64)
    return torch.Generator(device).manual_seed(int(state[0]))
