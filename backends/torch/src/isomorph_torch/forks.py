"""Threads of torch in a forked child, where the thread that forked still counts on OpenMP's of its parent."""

from __future__ import annotations

import os

import torch

_children = 0


def set_threads(wanted: int) -> None:
    """Has the calling thread share its work with so many; in a forked child it works alone."""
    torch.set_num_threads(1 if _children else wanted)


def alone_in_children() -> None:
    """Has the calling thread work alone in a forked child; a process that is none stays as it is."""
    if _children:
        set_threads(1)


def _count() -> None:
    global _children
    _children += 1


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_count)
