"""What the kit takes for memory that is kept: what grows is, what was free and is touched again is not."""

import ctypes
import itertools
from contextlib import nullcontext

import pytest

from isomorph.contract import BackendInfo
from isomorph.reference.backend import CPU
from isomorph.testing import memory_laws
from isomorph.testing.compare import LawBroken
from isomorph.testing.memory import Memory, give_back
from isomorph.testing.saboteurs import Honest
from isomorph.testing.subject import Subject

BLOCK, BLOCKS = 1 << 16, 256
libc = ctypes.CDLL(None)


def test_nothing_is_known_where_the_system_does_not_say(tmp_path):
    assert Memory.now(tmp_path / "statm") is None


def fill():
    """Blocks of the C library's allocator, with something on each page."""
    libc.malloc.restype = ctypes.c_void_p
    blocks = [libc.malloc(ctypes.c_size_t(BLOCK)) for _ in range(BLOCKS)]
    for block in blocks:
        ctypes.memset(block, 1, BLOCK)
    return blocks


def free(blocks):
    for block in blocks:
        libc.free(ctypes.c_void_p(block))


@pytest.mark.skipif(
    not hasattr(libc, "mallinfo2"), reason="this C library does not say what it has free"
)
def test_pages_that_were_free_and_are_touched_again_are_not_kept():
    total = BLOCK * BLOCKS
    give_back()
    start = Memory.now()
    blocks = fill()
    grown = Memory.now() - start
    assert min(grown) > 0.8 * total
    free(blocks[:-1])  # the last one keeps the others' place
    give_back()
    start = Memory.now()
    again = fill()
    free(again)
    touched = Memory.now() - start
    free(blocks[-1:])
    assert touched.resident > 0.8 * total
    assert touched.kept < 0.2 * total


@pytest.mark.parametrize(
    ("resident", "kept", "broken"),
    [(1, 1, True), (1, 0, False), (0, 1, False), (1, 0.6, True), (1, 0.4, False)],
)
def test_memory_grows_where_what_became_resident_is_kept(
    resident, kept, broken, tmp_path, monkeypatch
):
    looks = itertools.count()

    def now():
        look = next(looks)
        return Memory(int(look * resident * (1 << 20)), int(look * kept * (1 << 20)))

    monkeypatch.setattr(memory_laws.Memory, "now", now)
    subject = Subject(BackendInfo("honest", ""), Honest(), CPU, tmp_path)
    with pytest.raises(LawBroken, match="of every forward is kept") if broken else nullcontext():
        memory_laws.memory_does_not_grow(subject, "static")
    subject.close()
