"""Lightning's Trainer as every run uses it: logs, a checkpoint after each epoch, and a clean Ctrl-C."""

import logging
import math
import signal
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import lightning as L
from lightning.pytorch.callbacks import ModelCheckpoint, TQDMProgressBar
from lightning.pytorch.loggers import CSVLogger, TensorBoardLogger
from lightning.pytorch.utilities.exceptions import MisconfigurationException

from ckdsnn.data.module import DataModule
from ckdsnn.engine import precision_name
from ckdsnn.errors import CkdsnnError
from ckdsnn.files import make_folder
from ckdsnn.recipe import Recipe
from ckdsnn.signals import ASKING
from ckdsnn.training.beside import ALONE, Alone
from ckdsnn.training.budget import Deadline
from ckdsnn.training.checkpoints import CHECKPOINT, WholeCheckpoints, check_checkpoint
from ckdsnn.training.machine import Machine, say
from ckdsnn.training.module import Classifier, Curve
from ckdsnn.training.synced import SyncedNorms


@contextmanager
def quiet_lightning() -> Iterator[None]:
    """Hold back Lightning's notices (devices found, tips, a deprecation under torch 2.11) inside the block."""
    logger = logging.getLogger("lightning.pytorch")
    level = logger.level
    logger.setLevel(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", ".*LeafSpec.*", FutureWarning)
            warnings.filterwarnings("ignore", "Checkpoint directory .* not empty")  # a run that goes on
            yield
    finally:
        logger.setLevel(level)


class ProgressBar(TQDMProgressBar):
    """Lightning's bar without its version number of the logs, which says nothing here."""

    def get_metrics(self, *arguments: Any) -> dict[str, Any]:
        metrics = super().get_metrics(*arguments)
        metrics.pop("v_num", None)
        return metrics


def make_trainer(
    recipe: Recipe,
    work: Path,
    curve: Curve,
    machine: Machine | None = None,
    progress: bool = True,
    deadline: float = math.inf,
    beside: Alone = ALONE,
) -> L.Trainer:
    """A Trainer whose checkpoints and logs go to the folder `work`; for `deadline` see `Deadline`.

    beside: those that it is trained beside; each has its progress bar below the others', but outside a terminal, where
    no output can move up to a former line, only the first, with which the others are in step.

    Raises CkdsnnError for an accelerator or a strategy that is unknown or not there.
    """
    machine = machine or Machine()
    on_cuda = machine.kind in ("cuda", "gpu")  # where alone norms can be synchronised
    # with no metric to monitor, the one that is kept is the latest
    checkpoint = ModelCheckpoint(
        work, CHECKPOINT, save_top_k=1, enable_version_counter=False, save_on_train_epoch_end=True
    )
    shown = progress and (beside.number == 0 or sys.stdout.isatty())
    bars = [ProgressBar(refresh_rate=10, process_position=beside.number)] if shown else []
    try:
        return L.Trainer(
            **machine.options,
            default_root_dir=work,  # where under SLURM it looks for checkpoints of its own
            plugins=[WholeCheckpoints(), *([SyncedNorms()] if machine.processes > 1 and on_cuda else [])],
            use_distributed_sampler=False,  # the data module shares out the examples itself
            max_epochs=recipe.epochs,
            precision=precision_name(recipe.precision, machine.kind),
            logger=[CSVLogger(work, "csv"), TensorBoardLogger(work, "tensorboard")],  # a version for each part of a run
            callbacks=[OwnSignals(), curve, Deadline(deadline, beside.at_once), checkpoint, *bars],
            num_sanity_val_steps=0,
            log_every_n_steps=1,  # steps are not logged, epochs are; Lightning warns of any larger number
            enable_progress_bar=shown,
            enable_model_summary=False,
        )
    except (MisconfigurationException, ImportError, ValueError) as error:
        wanted = f"accelerator = {machine.accelerator!r}, devices = {machine.devices}, nodes = {machine.nodes}"
        raise CkdsnnError(f"{wanted}, strategy = {machine.strategy!r}: {error}") from error


class OwnSignals(L.Callback):
    """Lets signals be answered as they were before Lightning's training, which it takes for itself.

    Its handler of SIGTERM talks to the other processes in the midst of a step; under SLURM that of SIGUSR1 saves in the
    midst of an epoch, from where no run goes on exactly; and after one Ctrl-C it ignores the next.
    """

    def __init__(self):
        self.handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, *ASKING)}

    def put_back(self, *_: Any) -> None:
        if threading.current_thread() is threading.main_thread():  # no other may; there Lightning takes none, either
            for number, handler in self.handlers.items():
                signal.signal(number, handler)

    on_train_start = on_exception = put_back


def fit(trainer: L.Trainer, classifier: Classifier, module: DataModule, work: Path) -> None:
    """Train, going on from the checkpoint in `work` if there is one.

    Ctrl-C raises KeyboardInterrupt, another signal Stopped, see `stoppable`; the checkpoint of the last whole epoch
    stays.
    """
    checkpoint = work / f"{CHECKPOINT}.ckpt"
    if checkpoint.exists():
        check_checkpoint(checkpoint, classifier)  # Lightning's own error would not name the file
        say(f"continuing from {checkpoint}")
    make_folder(work)
    try:
        trainer.fit(classifier, module, ckpt_path=checkpoint if checkpoint.exists() else None)
    except SystemExit as end:  # into which Lightning turns a KeyboardInterrupt
        cause = end.__context__
        raise continued(cause if isinstance(cause, KeyboardInterrupt) else KeyboardInterrupt()) from end
    finally:
        classifier.recorded = None  # and with it the memory of its graphs


def continued(stop: KeyboardInterrupt) -> KeyboardInterrupt:
    """The same with a message that says how to go on."""
    return type(stop)(f"{str(stop) or 'interrupted'}; the same command continues after the last whole epoch")
