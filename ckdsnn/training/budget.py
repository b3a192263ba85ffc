"""A training's share of time: durations as people write them, and the stop after the last epoch that fits."""

import math
import re
import time
from numbers import Real
from typing import Any

import lightning as L

from ckdsnn.errors import CkdsnnError, shortened
from ckdsnn.records.provenance import environment


class OutOfTime(CkdsnnError):
    """The budget has ended before the training; its checkpoint waits for the same call.

    >>> issubclass(OutOfTime, CkdsnnError)
    True
    """


def parse_duration(text: str) -> int:
    """The seconds of "90s", "9m", "2h" or "1h30m". Raises CkdsnnError for any other text, and for no time at all.

    >>> parse_duration("1h30m")
    5400
    """
    match = re.fullmatch(r"(?:(\d{1,9})h)?(?:(\d{1,9})m)?(?:(\d{1,9})s)?", text)
    hours, minutes, seconds = (int(number or 0) for number in match.groups()) if match else (0, 0, 0)
    if total := 3600 * hours + 60 * minutes + seconds:
        return total
    raise CkdsnnError(f"budget = {shortened(text)}; expected hours, minutes, seconds: 2h, 9m, 90s or 1h30m")


def deadline_after(budget: float | None) -> float:
    """The time of `time.monotonic()` at which a budget of seconds ends, infinity for None.

    Raises CkdsnnError for a budget that is no positive number.
    """
    if budget is None:
        return math.inf
    if not isinstance(budget, Real) or isinstance(budget, bool) or not budget > 0:
        raise CkdsnnError(f"budget = {budget!r}; expected a positive number of seconds")
    return time.monotonic() + float(budget)


class Deadline(L.Callback):
    """Stops a training after its last whole epoch that ends before `end`, a time of `time.monotonic()`.

    The next epoch is expected to last as long as the one before, testing included; the first may have compiled
    something. One epoch is always trained, so that every call makes headway. In the checkpoint the callback leaves the
    machine's name, its threads, and how many trainings computed at once on so many each: seconds of an epoch mean
    nothing without them.
    """

    def __init__(self, end: float, at_once: int = 1):
        self.end, self.at_once = end, at_once
        self.clock = 0.0
        self.machine: dict[str, Any] = {}

    def on_fit_start(self, trainer: L.Trainer, _: L.LightningModule) -> None:
        machine = environment(trainer.strategy.root_device, trainer.precision)
        self.machine = {name: machine[name] for name in ("device", "threads")} | {"at_once": self.at_once}

    def on_train_epoch_start(self, *_: Any) -> None:
        self.clock = time.monotonic()

    def on_train_epoch_end(self, trainer: L.Trainer, _: L.LightningModule) -> None:
        now = time.monotonic()
        late = now + (now - self.clock) > self.end
        if trainer.strategy.reduce_boolean_decision(late, all=False):  # processes must stop together
            trainer.should_stop = True

    def state_dict(self) -> dict[str, Any]:
        return self.machine
