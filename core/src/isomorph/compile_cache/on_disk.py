"""The folder of kept artifacts: made whole or not at all, by any number of processes, within a size."""

from __future__ import annotations

import os
import re
import shutil
import stat
import tempfile
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path

from isomorph.compile_cache import VARIABLE
from isomorph.compile_cache.identity import digest, weight_files
from isomorph.contract import Claim, CompileCache, Model, Options
from isomorph.errors import InputError
from isomorph.resolve.archive import cache_root, publish, sweep

_WORK = ".make-"
_UNITS = {"": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}


def in_room(room: int, model: Model, claim: Claim, options: Options) -> CompileCache:
    """Keeps things below the cache folder, in at most so many bytes."""
    return partial(kept, cache_root() / "compiled", room, model, claim, options)


def room_from(text: str) -> int:
    """Bytes of ``4GB``, ``500 MB`` or ``1000000``; 0 for nothing.

    Raises:
        InputError: it is no size.
    """
    match = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)\s*([KMGT]?B?)", text.strip().upper() or "0")
    unit = f"{match[2].rstrip('B')}B" if match and match[2].rstrip("B") else ""
    if match is None:
        raise InputError(
            f"{VARIABLE}={text!r} is no size; write something like 4GB, or 0 for none."
        )
    return int(float(match[1]) * _UNITS[unit])


def kept(
    parent: Path, room: int, model: Model, claim: Claim, options: Options,
    description: bytes, make: Callable[[Path], None], *, size: int | None = None,
) -> Path | None:  # fmt: skip
    """The folder with what `make` wrote, in this process or in an earlier one.

    None, with a warning, where it cannot be kept: nothing that is only faster may fail a call.
    """
    try:
        need = 2 * sum(file.identity.size for file in weight_files(model)) if size is None else size
        if need > room:
            raise OSError(f"up to {_mb(need)} are needed, and there may be {_mb(room)}")
        target = parent / digest(model, claim, options, description)
        if target.is_dir() and not _plain(target):
            shutil.rmtree(target)
        if not target.is_dir():
            _make(parent, target, need, make)
        os.utime(target)  # what was used last is removed last
        _trim(parent, room, target)
        return target
    except Exception as cause:
        warnings.warn(
            f"This model is not kept compiled in {parent}: {cause}. Make room, or change {VARIABLE}.",
            stacklevel=2,
        )
        return None


def _make(parent: Path, target: Path, need: int, make: Callable[[Path], None]) -> None:
    """Writes beside the target, which gets its name when all is there.

    Raises:
        OSError: there is no room, or the disk refuses.
    """
    parent.mkdir(parents=True, exist_ok=True)
    sweep(parent, f"{_WORK}*")
    free = shutil.disk_usage(parent).free
    if free < need:  # engines do not say when a disk is full
        raise OSError(f"up to {_mb(need)} are needed, and {_mb(free)} are free")
    work = Path(tempfile.mkdtemp(prefix=_WORK, dir=parent))
    try:
        make(work)
        publish(work, target)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _plain(folder: Path) -> bool:
    """Whether only files are in a folder: an engine would wait at a named pipe, and follow a link."""
    return all(stat.S_ISREG(path.lstat().st_mode) for path in folder.iterdir())


def _trim(parent: Path, room: int, in_use: Path) -> None:
    """Removes what was used longest ago, until the rest fits. Who has it mapped goes on with it."""
    found = [path for path in parent.iterdir() if path.is_dir() and path.name[0] != "."]
    used = {path: _last_use(path) for path in found}
    total = sum(map(size_of, found))
    for path in sorted(found, key=lambda path: used[path]):
        if total <= room:
            return
        if path != in_use:
            total -= size_of(path)
            shutil.rmtree(path, ignore_errors=True)


def _mb(size: int) -> str:
    return f"{size / 1e6:.0f} MB"


def _last_use(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:  # another process has just removed it
        return 0.0


def size_of(folder: Path) -> int:
    """Bytes of the files in a folder; 0 once it is gone."""
    try:
        return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    except OSError:
        return 0
