"""Studies of kind landscape, as of a loss that is a bowl."""

import numpy as np

from ckdsnn.records import Record
from ckdsnn.records.study import Study, study_id

DISTANCES, GRID = [-0.2, -0.1, 0, 0.1, 0.2], [-0.2, 0.0, 0.2]


def bowl(record: Record, method: str = "snn", steepness: float = 10.0, seed: int = 0) -> Study:
    """As if a run of this method had the loss 1 + steepness * |x|^2: 2 * steepness along direction 2, one point of
    accuracy lost for each 0.01."""
    name = f"{record.id}-{method}-{seed}"
    directions = [steepness, 2 * steepness, 1.5 * steepness]
    loss = [[1 + s * x * x for x in DISTANCES] for s in directions]
    across, up = np.meshgrid(GRID, GRID)
    values = {
        "distances": DISTANCES,
        "loss": loss,
        "accuracy": [[60 - 100 * (height - 1) for height in curve] for curve in loss],
        "rise": [s * 0.04 for s in directions],
        "lost": [100 * s * 0.04 for s in directions],
        "grid": GRID,
        "plane": (2 + directions[0] * across**2 + directions[1] * up**2).tolist(),
    }
    kept = ("tier", "data", "code", "env", "started")
    return Study(
        **{field: getattr(record, field) for field in kept},
        id=study_id("landscape", name),
        kind="landscape",
        record=name,
        weights=record.weights["sha256"],
        recipe=record.recipe | {"name": f"digits-{method}"},
        seed=seed,
        settings={"images": 32, "directions": 3, "plane_images": 8, "seed": 0, "flatness_at": 0.2},
        values=values,
        seconds=1.0,
    )
