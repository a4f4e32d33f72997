"""Unpacking a model's zip file: once, whole or not at all, and never outside its folder."""

from __future__ import annotations

import io
import os
import re
import shutil
import stat
import struct
import tempfile
import time
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from isomorph.errors import BadModel, IsomorphError
from isomorph.files.identity import found_at
from isomorph.resolve.integrity import check_sha256, sha256
from isomorph.resolve.relative_names import unusable

CACHE_VARIABLE = "ISOMORPH_CACHE"
STALE = 24 * 3600
"""Seconds after which a half-unpacked folder belongs to nobody any more."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Beyond these a zip file is refused before anything is written."""

    total: int = 20 << 30
    members: int = 10_000
    ratio: int = 100
    """Unpacked bytes per packed byte; weights reach 2, vocabularies 10."""

    slack: int = 1 << 20
    """Bytes that `ratio` does not count, so that tiny files of zeros pass."""


LIMITS = Limits()
DIRECTORY = 4 << 20
"""Bytes of a zip file's list of members: more are not read, since each becomes an object in memory."""

METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
"""What members may be packed with. zipfile unpacks other methods in blocks of any size."""


def cache_root() -> Path:
    """Where unpacked packages are kept: ISOMORPH_CACHE, else the user's cache folder."""
    if given := os.environ.get(CACHE_VARIABLE):
        return Path(given).expanduser().absolute()
    from platformdirs import user_cache_dir

    return Path(user_cache_dir("isomorph", appauthor=False))


def unpack(packed: Path, key: str, expected: str | None = None, limits: Limits = LIMITS) -> Path:
    """The folder with the content of a zip file, unpacked the first time that it is asked for.

    The folder is named after `key` and the file's SHA-256: the `expected` one where the installer
    has written it down, which saves reading the file on every later call.

    Raises:
        BadModel: the file is damaged, is not the expected one, or has a member that is unsafe.
    """
    digest = expected or _digest(packed, limits)
    parent = cache_root() / "packages"
    target = parent / f"{re.sub(r'[^A-Za-z0-9._+-]', '_', key)}-{digest[:32]}"
    if target.is_dir():
        return target
    if expected is not None:
        check_sha256(packed, expected)
    parent.mkdir(parents=True, exist_ok=True)
    sweep(parent, ".unpack-*")
    work = Path(tempfile.mkdtemp(prefix=".unpack-", dir=parent))
    try:
        extract(packed, work, limits)
        publish(work, target)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return target


def _digest(packed: Path, limits: Limits) -> str:
    """The SHA-256 of a file whose members were found safe: no other is worth reading to its end."""
    with opened(packed) as source:
        _check(packed, source.infolist(), limits)
    return sha256(packed)


def extract(packed: Path, folder: Path, limits: Limits = LIMITS) -> None:
    """Writes every member into `folder`, after all of them were found safe.

    Raises:
        BadModel: a member is unsafe or damaged, or a limit is passed.
    """
    with opened(packed) as source:
        members = source.infolist()
        _check(packed, members, limits)
        for member in members:
            _extract_one(source, member, folder)


@contextmanager
def opened(packed: Path) -> Iterator[zipfile.ZipFile]:
    """A zip file to read; whatever is wrong with its content has one error.

    Raises:
        BadModel: it is damaged, here or in what is done with it.
    """
    if found_at(packed) is None:
        raise BadModel(f"{packed} is no file. Install or download it again.")
    try:
        with _Bounded(io.FileIO(packed)) as stream, zipfile.ZipFile(stream) as source:
            yield source
    except IsomorphError:
        raise
    # zipfile has no base class for what it raises: odd names, offsets and sizes are ValueErrors.
    except (
        *(zipfile.BadZipFile, zlib.error, EOFError, RuntimeError),
        *(ValueError, OverflowError, struct.error),
    ) as cause:
        raise BadModel(f"{packed} is damaged: {cause}. Install or download it again.") from cause


class _Bounded(io.BufferedReader):
    """A zip file's bytes. Members are read in small blocks, so a large one is the list of members."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > DIRECTORY:
            raise _refused(
                Path(str(self.name)),
                f"its list of members takes {size} bytes; the limit is {DIRECTORY}",
            )
        return super().read(size)

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        try:
            return super().seek(offset, whence)
        except OSError as cause:  # the file itself says where its members are
            raise zipfile.BadZipFile(f"it points to byte {offset}") from cause


def _check(packed: Path, members: list[zipfile.ZipInfo], limits: Limits) -> None:
    if len(members) > limits.members:
        raise _refused(packed, f"it has {len(members)} members; the limit is {limits.members}")
    total = sum(member.file_size for member in members)
    most = min(limits.total, limits.ratio * packed.stat().st_size + limits.slack)
    if total > most:
        raise _refused(packed, f"it unpacks to {total} bytes; the limit for its size is {most}")
    if sum(member.compress_size for member in members) > packed.stat().st_size:
        raise _refused(packed, "its members overlap")
    seen: set[str] = set()
    files: set[str] = set()
    for member in members:
        if problem := _problem(member):
            raise _refused(packed, f"member {_short(member.filename)} {problem}")
        # Names that differ in case or in how accents are spelled are one file on some systems.
        name = unicodedata.normalize("NFC", member.filename.rstrip("/")).casefold()
        if name in seen:
            raise _refused(packed, f"member {_short(member.filename)} is there twice")
        seen.add(name)
        if not member.is_dir():
            files.add(name)
    for name in seen:
        if not files.isdisjoint(str(parent) for parent in PurePosixPath(name).parents):
            raise _refused(packed, f"member {name!r} lies in a file")


def _problem(member: zipfile.ZipInfo) -> str:
    """What is wrong with a member, or ''. Names are judged as every system would read them."""
    # zipfile cuts names at a NUL and replaces separators, so the name as stored is judged too.
    for name in (member.filename, member.orig_filename):
        if why := unusable(name.removesuffix("/")):
            return why
    kind = stat.S_IFMT(member.external_attr >> 16)
    if kind not in {0, stat.S_IFREG, stat.S_IFDIR}:
        return "is a link or a special file"
    if member.flag_bits & 0x1:
        return "is encrypted"
    if member.compress_type not in METHODS:
        return f"is packed with method {member.compress_type}, and only stored and deflate are read"
    return ""


def _extract_one(source: zipfile.ZipFile, member: zipfile.ZipInfo, folder: Path) -> None:
    path = folder / member.filename
    if member.is_dir():
        path.mkdir(parents=True, exist_ok=True)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    written = 0
    with source.open(member) as stream, path.open("xb") as file:
        while block := stream.read(1 << 20):
            written += len(block)
            if written > member.file_size:
                break
            file.write(block)
    if written != member.file_size:
        raise BadModel(f"{source.filename}: {member.filename!r} has not the size that it states.")


def publish(work: Path, target: Path) -> None:
    """Gives the finished folder its name; who comes second takes the folder of the first."""
    work.chmod(0o755)  # temporary folders are private, the cache is as public as its parent
    try:
        work.replace(target)
    except OSError:
        if not target.is_dir():
            raise


def sweep(parent: Path, pattern: str) -> None:
    """Removes what interrupted processes have left."""
    for left in parent.glob(pattern):
        try:
            if time.time() - left.stat().st_mtime > STALE:
                shutil.rmtree(left, ignore_errors=True)
        except OSError:
            continue


def _short(name: str) -> str:
    """A name for a message, where thousands of characters help nobody."""
    return repr(name if len(name) <= 80 else f"{name[:80]}…")


def _refused(packed: Path, why: str) -> BadModel:
    return BadModel(f"{packed} is not unpacked: {why}.")
