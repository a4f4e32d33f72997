"""A folder takes its name in one step: whoever looks sees the old one or the new one, never a half.

The new folder is written beside the target and brought to the disk first. Where nothing has the name
yet it is renamed; a folder that is there is exchanged with it, for which Linux and macOS have a system
call. A process that is killed may leave the folder beside the target behind; the next one removes it.
"""

from __future__ import annotations

import ctypes
import errno
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from isomorph.errors import Unsupported
from isomorph.machine.disk import NOT_HERE, sync, sync_tree
from isomorph.machine.locks import lock

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
"""What a stream says when nothing more can be written; it does not say where."""
_HERE = -100  # AT_FDCWD: paths are relative to the working directory
_EXCHANGE = 2  # RENAME_EXCHANGE on Linux, RENAME_SWAP on macOS


@contextmanager
def staged(target: Path) -> Iterator[Path]:
    """An empty folder that becomes `target` when the block ends without an error.

    If the block fails the target stays what it was, and nothing else is left. A link to a folder is
    followed: the folder behind it is the target.

    Raises:
        Unsupported: `target` exists, and folders cannot be exchanged there.
        OSError: it cannot be written; names it where the disk is full.
    """
    target = target.resolve()
    target.parent.mkdir(parents=True, exist_ok=True)
    prefix = f".{target.name}.saving-"
    _remove_abandoned(target.parent, prefix)
    place = Path(tempfile.mkdtemp(prefix=prefix, dir=target.parent))
    held = _locked(place)
    try:
        fresh = place / "new"
        fresh.mkdir()
        yield fresh
        if target.is_dir():
            shutil.copymode(target, fresh)
        sync_tree(fresh)
        if target.exists():
            with _where_it_was(target):
                exchange(fresh, target)
        else:
            fresh.rename(target)
        sync(target.parent)
    except OSError as cause:
        if cause.errno in _FULL and cause.filename is None:
            raise OSError(cause.errno, cause.strerror, str(target)) from cause
        raise
    finally:
        shutil.rmtree(place, ignore_errors=True)  # by now it holds the old folder, if there was one
        if held is not None:
            os.close(held)


@contextmanager
def _where_it_was(target: Path) -> Iterator[None]:
    """A working directory in a folder that is replaced is the one of the same name in the new folder."""
    try:
        here = Path.cwd()
    except OSError:  # it is gone already
        yield
        return
    yield
    if here == target or target in here.parents:
        os.chdir(here)


def exchange(one: Path, other: Path) -> None:
    """Two paths of one file system swap what they name, in one step.

    Raises:
        Unsupported: the operating system or the file system has no such step.
        OSError: it has, and failed.
    """
    names = os.fsencode(one), os.fsencode(other)
    done, reason = -1, errno.ENOSYS
    try:
        system = ctypes.CDLL(None, use_errno=True)
        if sys.platform == "darwin":
            done = system.renamex_np(*names, _EXCHANGE)
        else:
            done = system.renameat2(_HERE, names[0], _HERE, names[1], _EXCHANGE)
        reason = ctypes.get_errno()
    except (AttributeError, OSError, TypeError):
        pass  # no such function here
    if done == 0:
        return
    if reason in NOT_HERE:
        raise Unsupported(
            f"{other} exists, and it cannot be replaced in one step here: the system or its file system "
            "cannot exchange two folders, so a crash half-way would lose both. Name a new folder, or "
            "remove that one first."
        )
    raise OSError(reason, os.strerror(reason), str(one), None, str(other))


def _locked(place: Path, wait: bool = True) -> int | None:
    """A handle that says "in use" until its process ends; None where there are no such locks.

    Raises:
        BlockingIOError: another process holds it, and we do not wait.
    """
    if os.name != "posix":
        return None  # folders cannot be opened there
    handle = os.open(place, os.O_RDONLY)
    try:
        if lock(handle, wait):
            return handle
    except OSError:
        os.close(handle)
        raise
    os.close(handle)
    return None


def _remove_abandoned(parent: Path, prefix: str) -> None:
    """What killed processes have left beside the target; what is in use stays."""
    for place in parent.iterdir():
        if not place.name.startswith(prefix) or place.is_symlink():
            continue
        try:
            handle = _locked(place, wait=False)
        except OSError:
            continue
        if handle is not None:
            shutil.rmtree(place, ignore_errors=True)
            os.close(handle)
