"""Bringing files to the disk, so that a power cut takes nothing that was said to be there."""

from __future__ import annotations

import errno
import os
from pathlib import Path

NOT_HERE = (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP)
"""What a system or a file system answers that does not know a call."""


def sync(path: Path) -> None:
    """Brings a file's content, or the names in a folder, to the disk.

    Raises:
        OSError: the disk failed, or there is no such path.
    """
    if os.name != "posix" and path.is_dir():
        return  # folders cannot be opened there
    handle = os.open(path, os.O_RDONLY if os.name == "posix" else os.O_RDWR)
    try:
        os.fsync(handle)
    except OSError as cause:
        if cause.errno not in NOT_HERE:  # a file system that does not sync folders says so
            raise
    finally:
        os.close(handle)


def sync_tree(folder: Path) -> None:
    """Brings every file below a folder to the disk, then the folders that name them."""
    for place, _, files in os.walk(folder, topdown=False):
        for name in files:
            path = Path(place, name)
            # Whoever opens a pipe waits for its other end.
            if path.is_file() and not path.is_symlink():
                sync(path)
        sync(Path(place))


def rename(path: Path, target: Path) -> None:
    """Gives a file that is on the disk its name in one step, and the name is on the disk afterwards.

    Whatever had the name before is replaced. The folder is synced before as well: no power cut leaves
    the new name without the file's own entry in the folder.
    """
    sync(target.parent)
    path.replace(target)
    sync(target.parent)
