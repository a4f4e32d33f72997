"""What memory this process has of its own: what is resident, and what is kept."""

from __future__ import annotations

import ctypes
from pathlib import Path
from typing import Any, NamedTuple

from isomorph.machine.free_memory import STATM, own_memory


class Memory(NamedTuple):
    """Bytes of this process alone; pages of files are none."""

    resident: int
    """What is in memory. Pages that an allocator had free and gives out again come back into it."""
    kept: int
    """What is mapped to write into, less what the C library's allocator has free."""

    @classmethod
    def now(cls, statm: Path = STATM) -> Memory | None:
        """The memory at this moment; None where the system does not say."""
        told = own_memory(statm)
        if told is None:
            return None
        _, resident, shared, _, _, data, *_ = told
        return cls(resident - shared, data - _free_in_malloc())

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
    mallinfo2 = _of_c_library("mallinfo2")
    if mallinfo2 is None:
        return 0
    mallinfo2.restype = _Mallinfo2
    return int(mallinfo2().fordblks)


def give_back() -> None:
    """Hands what the C library's allocator has free to the system, where a leak would hide for long."""
    trim = _of_c_library("malloc_trim")
    if trim is not None:
        trim(0)


def _of_c_library(name: str) -> Any:
    """A function of the C library of this process; None where another one lacks it, or none can be asked."""
    try:
        return getattr(ctypes.CDLL(None), name)
    except (AttributeError, OSError):
        return None
