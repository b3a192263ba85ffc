"""What a machine may lack in the midst of a training: memory, or room on the disk."""

import errno
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

from ckdsnn.errors import CkdsnnError
from ckdsnn.files import OF_WRITING, CannotWrite, cannot_write
from ckdsnn.recipe import Recipe

WITHOUT_MEMORY = ("allocate memory", "not enough memory", "out of memory", "ALLOC_FAILED", "bad_alloc")
"""in the errors of torch's allocators, of CUDA's libraries and of C++"""


@contextmanager
def limits_told(recipe: Recipe, work: Path) -> Iterator[None]:
    """Raise a CkdsnnError that says what to change where the block runs out of memory, or of room on the disk.

    work: the run's folder, to be named where the system's error names no file.
    """
    try:
        yield
    except Exception as error:
        if lacks_memory(error):
            told = needs_less(recipe, error)
        elif lacks_room(error):
            told = cannot_write(error.filename or work, error)
        elif isinstance(error, CannotWrite):
            told = error
        else:
            raise
        raise CkdsnnError(f"{told}. The checkpoint of the last whole epoch, if there was one, stays") from error


@contextmanager
def quiet_writers() -> Iterator[None]:
    """Let other threads print no traceback where the disk is full: TensorBoard's raises the error here as well.

    For the whole process, so not to be entered by several threads at once.
    """
    hook = threading.excepthook
    threading.excepthook = lambda met: None if lacks_room(met.exc_value) else hook(met)
    try:
        yield
    finally:
        threading.excepthook = hook


def lacks_room(error: BaseException | None) -> bool:
    """Whether it says that a file cannot be written, or become larger."""
    return isinstance(error, OSError) and error.errno in OF_WRITING


def lacks_memory(error: Exception) -> bool:
    """Whether it says that there is no memory left, of the computer or of a GPU."""
    if isinstance(error, RuntimeError):
        return isinstance(error, torch.OutOfMemoryError) or any(text in str(error) for text in WITHOUT_MEMORY)
    return isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno == errno.ENOMEM)


def needs_less(recipe: Recipe, error: Exception) -> str:
    """What took the memory, and what takes less of it."""
    place = "GPU" if isinstance(error, torch.OutOfMemoryError) or "CUDA" in str(error) else "computer"
    size = f"batch_size = {recipe.batch_size}, timesteps = {recipe.timesteps}, width = {recipe.width}"
    return (
        f"the {place}'s memory does not suffice for {recipe.name}: {recipe.model} with {size}. Less is needed with a "
        "smaller --batch_size, fewer --timesteps, a smaller --width or --precision bf16, each another recipe with a "
        "record of its own; and by the same recipe with more --devices, which share a batch, or in a suite of fewer "
        "--jobs"
    )
