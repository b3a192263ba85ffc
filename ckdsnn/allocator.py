"""glibc's memory allocator, told to keep what is freed.

By default it gives every freed block of more than 32 MB back to the system, and the next tensor pays for new pages:
a ResNet-20 step at T = 4 on a CPU took 70,000 page faults, from which it got slower by a tenth to several times.
"""

import ctypes
import sys

TRIM_THRESHOLD, MMAP_MAX, ARENA_MAX = -1, -4, -8  # malloc.h

SETTINGS = ((MMAP_MAX, 0), (TRIM_THRESHOLD, -1), (ARENA_MAX, 1))


def keep_freed_memory() -> bool:
    """Tell it so for the rest of this process; returns whether it could be told.

    The process then stays at its peak size, and that grows (by a fifth in that step): all blocks share one heap,
    and so do all threads that begin after this.
    Only Linux with glibc can be told; elsewhere nothing happens.
    """
    tell = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    return bool(tell) and all(tell(*setting) for setting in SETTINGS)
