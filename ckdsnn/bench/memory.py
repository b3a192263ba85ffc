"""The most memory that a piece of work has in use at once: CUDA's allocator, or the process's resident size on Linux.

On a CPU every allocation of the process counts, also those of libraries, but for what the C library has kept of freed
memory: that is given back first, else new tensors would hide in it.
"""

import ctypes
import gc
import re
from pathlib import Path

import torch

PROCESS = Path("/proc/self")


def status(key: str) -> int:
    """Bytes that Linux reports under this key for the process."""
    return 1024 * int(re.search(rf"^{key}:\s+(\d+) kB", (PROCESS / "status").read_text(), re.MULTILINE)[1])


def give_back() -> None:
    """Drop what is out of reach, and return freed memory to the system where the C library can."""
    gc.collect()
    if trim := getattr(ctypes.CDLL(None), "malloc_trim", None):
        trim(0)


class Memory:
    """Bytes on `device` above what was in use when this was made.

    peak() tells the most at once since restart(), and None where the system does not tell.
    """

    def __init__(self, device: torch.device):
        self.cuda = device.type == "cuda"
        if self.cuda:
            torch.cuda.init()  # what resets its peak does not do that
        self.restart()
        self.before = self.in_use() if self.known else 0

    def in_use(self) -> int:
        return torch.cuda.memory_allocated() if self.cuda else status("VmRSS")

    def restart(self) -> None:
        """Forget the peak so far."""
        give_back()
        self.known = True
        if self.cuda:
            torch.cuda.reset_peak_memory_stats()
            return
        try:
            (PROCESS / "clear_refs").write_text("5")  # sets the peak VmHWM to the present size
        except OSError:
            self.known = False

    def peak(self) -> int | None:
        if not self.known:
            return None
        most = torch.cuda.max_memory_allocated() if self.cuda else status("VmHWM")
        return max(0, most - self.before)
