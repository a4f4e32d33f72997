"""What memory this process has of its own: what is resident, and what is kept."""

from __future__ import annotations

import ctypes
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple


class Memory(NamedTuple):
    """Bytes of this process alone; pages of files are none."""

    resident: int
    """What is in memory. Pages that an allocator had free and gives out again come back into it."""
    kept: int
    """What is mapped to write into, less what the C library's allocator has free."""

    @classmethod
    def now(cls, statm: Path = Path("/proc/self/statm")) -> Memory | None:
        """The memory at this moment; None where the system does not say."""
        try:
            import resource

            pages = [int(each) for each in statm.read_text().split()]
        except (OSError, ImportError):
            return None
        page = resource.getpagesize()
        # proc(5): size, resident, shared, text, lib, data
        return cls((pages[1] - pages[2]) * page, pages[5] * page - _free_in_malloc())

    def __sub__(self, before: Memory) -> Memory:
        """How much more it is than before."""
        return Memory(self.resident - before.resident, self.kept - before.kept)


class _Mallinfo2(ctypes.Structure):
    """`struct mallinfo2` of glibc 2.33 and later: mallinfo(3)."""

    _fields_ = [
        (name, ctypes.c_size_t)
        for name in (
            *("arena", "ordblks", "smblks", "hblks", "hblkhd"),
            *("usmblks", "fsmblks", "uordblks", "fordblks", "keepcost"),
        )
    ]


def _free_in_malloc() -> int:
    """Bytes that the C library's allocator holds and has given to nobody; 0 where it does not say."""
    try:
        mallinfo2 = ctypes.CDLL(None).mallinfo2
    except (AttributeError, OSError):  # another C library
        return 0
    mallinfo2.restype = _Mallinfo2
    return int(mallinfo2().fordblks)


def give_back() -> None:
    """Hands what the C library's allocator has free to the system, where a leak would hide for long."""
    with suppress(AttributeError, OSError):  # another C library, or none that can be asked
        ctypes.CDLL(None).malloc_trim(0)
