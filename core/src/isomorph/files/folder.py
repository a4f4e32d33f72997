"""The one door to the files of a model: no path leads out, and all that is read is one state.

A model is read over hours: its settings at once, its tokenizer and its weights when they are first
needed. Meanwhile a deployment may have put another model under the name. Each file's identity is noted
when it is first met, also that it is not there, and who opens it again gets that file or an error.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
from collections.abc import Container, Mapping
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

from isomorph.errors import BadModel
from isomorph.files.digest import content
from isomorph.files.identity import HeldFile, Identity, changed, found_at, open_regular

JSON_LIMIT = 64 << 20
"""Bytes that a JSON file of settings may have; the largest that people publish are indices of shards."""
TEXT_LIMIT = 1 << 30
"""Bytes that a file of text may have, such as a vocabulary."""

_CONTENT = re.compile(r"[0-9a-f]{64}")


class Folder:
    """Files of a model by relative name; whatever points outside is refused.

    A snapshot in a Hub cache (``models--ORG--NAME/snapshots/COMMIT``) consists of symbolic links to
    ``models--ORG--NAME/blobs``; links to blobs of the same repository are followed, others are not.
    Such a blob may itself be a link into the store of contents that a cache's repositories share.

    Attributes:
        root: the model's own folder, out of which nothing leads.
        below: where this folder is in it, "" for the root itself.

    An adapter's folder may have a base (`stand_on`), in which files are found that the folder itself
    does not have. They keep the names that they would have in the folder.
    """

    def __init__(self, root: Path, below: str = "", notes: Notes | None = None) -> None:
        self.root = root
        self.below = below
        self._notes = Notes() if notes is None else notes

    def __repr__(self) -> str:
        return f"Folder({str(self)!r})"

    def __str__(self) -> str:
        return str(self.root / self.below)

    def sub(self, *parts: str) -> Folder:
        """A folder below, which need not exist; it shares the root and what was noted.

        Raises:
            BadModel: the name leads out of the model folder.
        """
        return Folder(self.root, self._relative(*parts).as_posix(), self._notes)

    def stand_on(self, base: Folder, names: Container[str]) -> None:
        """From now on, files of these names that are not in this folder are those of `base`.

        Args:
            base: another model's folder, with its own walls.
            names: what of it counts; files in folders below never do.
        """
        self._notes.bases[self._relative()] = (base, names)

    @property
    def base(self) -> Folder | None:
        """The folder that this one stands on, None where there is none."""
        return self._notes.bases.get(self._relative(), (None, ()))[0]

    def path(self, *parts: str) -> Path:
        """The path of a file or subfolder, which need not exist.

        Raises:
            BadModel: the name is absolute, climbs out with ``..``, or is a link that leads outside.
        """
        relative = self._relative(*parts)
        path = self.root / relative
        if self._notes.bases:
            base, names = self._notes.bases.get(relative.parent, (None, ()))
            if base is not None and relative.name in names and not os.path.lexists(path):
                return base.path(relative.name)
        self._refuse_outside(path, relative)
        return path

    def file(self, *parts: str) -> Path | None:
        """The path of an existing file, or None; either way that is noted.

        Raises:
            BadModel: the name leads out, is no regular file, or it changed since it was noted.
        """
        path = self.path(*parts)
        found = found_at(path)
        if found is None and self._notes.orphaned(path) is not None:
            return path
        self._notes.meet(path, found)
        return None if found is None else path

    def open(self, *parts: str) -> BinaryIO:
        """A file of the model, for reading bytes; one that is held may be gone.

        Raises:
            BadModel: the file is not there, leads out, is no regular file, or changed since it was noted.
        """
        path = self.path(*parts)
        held = self._notes.orphaned(path)
        return os.fdopen(self._descriptor(path), "rb") if held is None else held.open()

    def keep(self) -> None:
        """Holds the files that lie directly in this folder, which may go away then."""
        for name in self.names():
            self.hold(name)

    def hold(self, *parts: str) -> HeldFile:
        """A weight file that stays open as long as something of it is in use.

        Raises:
            BadModel: as for `open`.
        """
        path = self.path(*parts)
        held = self._notes.orphaned(path)
        return held or self._notes.held(HeldFile(path, self._descriptor(path)))

    def text(self, *parts: str, limit: int = TEXT_LIMIT, errors: str = "strict") -> str | None:
        """The content of a UTF-8 file, None where there is no such file.

        `errors` is what `bytes.decode` does with what is not UTF-8.

        Raises:
            BadModel: the file is not UTF-8, has more than `limit` bytes, or cannot be opened.
        """
        path = self.file(*parts)
        if path is None:
            return None
        with self.open(*parts) as stream:
            size = _size(stream)
            if size > limit:
                raise BadModel(f"{path} has more than {limit:,} bytes, which no such file needs.")
            found = stream.read(size)  # so much is allocated at once, whatever there is
        try:
            return found.decode("utf-8", errors)
        except UnicodeDecodeError as cause:
            raise BadModel(f"{path} is not UTF-8: {cause}") from cause

    def json(self, *parts: str) -> Any | None:
        """The content of a JSON file, None where there is no such file.

        Raises:
            BadModel: the file is not readable JSON, is nested too deeply, or as for `text`.
        """
        found = self.text(*parts, limit=JSON_LIMIT)
        if found is None:
            return None
        try:
            return json.loads(found)
        except (ValueError, RecursionError) as cause:
            raise BadModel(f"{self.path(*parts)} is not readable JSON: {cause}") from cause

    def names(self) -> list[str]:
        """The names of the files that lie directly in this folder, sorted; hidden ones are left out."""
        home = self.path()
        try:
            found = [entry.name for entry in os.scandir(home) if entry.is_file()]
        except (FileNotFoundError, NotADirectoryError):
            found = self._notes.held_in(home)
        except OSError as cause:
            raise BadModel(f"{str(home)[:200]} cannot be a folder of a model: {cause}") from cause
        base, names = self._notes.bases.get(self._relative(), (None, ()))
        if base is not None:
            found = [*{*found, *(name for name in base.names() if name in names)}]
        return sorted(name for name in found if not name.startswith("."))

    def subfolders(self) -> list[str]:
        """The names of the folders that lie directly in this folder, sorted; hidden ones are left out."""
        home = self.path()
        if not home.is_dir():
            return []
        return sorted(p.name for p in home.iterdir() if not p.name.startswith(".") and p.is_dir())

    def copy(self, name: str, target: Path) -> None:
        """Copies one file's content to `target`, links followed.

        Raises:
            BadModel: as for `open`.
        """
        with self.open(name) as source, target.open("wb") as copied:
            shutil.copyfileobj(source, copied, 1 << 20)

    def check(self) -> None:
        """Refuses a folder in which something that was noted is no longer what it was.

        Whoever opens files by their paths, as engines do, asks before and after.

        Raises:
            BadModel: a file has changed, is gone, or is there now and was not.
        """
        self._notes.check()

    def check_weights(self) -> None:
        """Refuses weight files that were written in place, which whoever maps them would read.

        Raises:
            BadModel: a held file has changed.
        """
        self._notes.check_held()

    def noted(self) -> list[str]:
        """The relative names of the files that were met and are there, sorted."""
        return sorted(self._name_of(path) for path in self._notes.there())

    def digests(self) -> dict[str, str]:
        """The content of every file that was met, in hexadecimal, by relative name.

        Raises:
            ModelChanged: a file is no longer what was met.
        """
        return {name: self._digest(name) for name in self.noted()}

    def refuse_others(self, digests: Mapping[str, str]) -> None:
        """Refuses files whose content is not the one of an earlier `digests`.

        Raises:
            ModelChanged: names the first of them.
        """
        for name, wanted in digests.items():
            if self.file(name) is None or self._digest(name) != wanted:
                raise changed(self.path(name))

    def _name_of(self, path: Path) -> str:
        """The relative name of a file; one of a base has it where the base stands."""
        if path.is_relative_to(self.root):
            return path.relative_to(self.root).as_posix()
        return next(str(place / path.name) for place in self._notes.bases)

    def _digest(self, name: str) -> str:
        with self.open(name) as stream:
            return content(stream, _size(stream)).hex()

    def renew(self) -> None:
        """Forgets what was noted: the model itself was saved over its folder just now."""
        self._notes.forget()

    def _descriptor(self, path: Path) -> int:
        try:
            descriptor = open_regular(Path(os.path.realpath(path)))
        except FileNotFoundError:
            if self._notes.knows(path):
                raise changed(path) from None
            raise BadModel(f"{path} is not there.") from None
        except (OSError, ValueError) as cause:
            raise BadModel(f"{str(path)[:200]} cannot be read: {cause}") from cause
        try:
            self._notes.meet(path, Identity.of(os.fstat(descriptor)))
        except BadModel:
            os.close(descriptor)
            raise
        return descriptor

    def _relative(self, *parts: str) -> PurePosixPath:
        plain = [part.replace("\\", "/") for part in parts if part]
        relative = PurePosixPath(self.below, *plain)
        if any(part.startswith("/") for part in plain) or ".." in relative.parts:
            raise BadModel(
                f"{'/'.join(parts)!r} leads out of the model folder {self.root}; refused."
            )
        return relative

    def _refuse_outside(self, path: Path, relative: PurePosixPath) -> None:
        try:
            if os.name == "posix" and not _meets_link(self.root, relative):
                return  # what has no ``..`` and meets no link leads nowhere else
            real = os.path.realpath(path)
        except (OSError, ValueError) as cause:
            raise BadModel(f"{str(path)[:200]} cannot be a file of a model: {cause}") from cause
        root = os.path.realpath(self.root)
        if _is_below(real, root):
            return
        blobs = _blobs(Path(root))
        if blobs is None or not (_is_below(real, str(blobs)) or _is_shared(Path(real), blobs)):
            raise BadModel(f"{path} is a link to {real}, outside of the model folder; refused.")


def _meets_link(root: Path, relative: PurePosixPath) -> bool:
    """Whether a link lies on the way from a folder to a file below."""
    way = str(root)
    for part in relative.parts:
        way = f"{way}/{part}"
        try:
            found = os.lstat(way)
        except OSError:
            return False  # nothing is there, nor below
        if stat.S_ISLNK(found.st_mode):
            return True
    return False


def _is_below(real: str, root: str) -> bool:
    """Whether one real path is another one, or lies in it."""
    return real == root or real.startswith(root.rstrip(os.sep) + os.sep)


def _blobs(root: Path) -> Path | None:
    """Where a cache of the Hub keeps what the links of a snapshot lead to; None of other folders."""
    storage = root.parent.parent
    if root.parent.name != "snapshots" or not storage.name.startswith("models--"):
        return None
    return storage / "blobs"  # as it is: a link in its place leads elsewhere


def _size(stream: BinaryIO) -> int:
    """The bytes of a file that is open at its beginning; one that is held has no descriptor of its own."""
    size = stream.seek(0, os.SEEK_END)
    stream.seek(0)
    return size


def _is_shared(real: Path, blobs: Path) -> bool:
    """Whether a file is one of ``blobs/HH/HASH``, beside the repositories of the cache.

    huggingface_hub 2 keeps large files there, named by their content, whichever repositories have them.
    """
    return (
        _CONTENT.fullmatch(real.name) is not None
        and real.parent == blobs.parent.parent / "blobs" / real.name[:2]
    )


class Notes:
    """What was met of one model's files: their identities, and that some are not there."""

    def __init__(self) -> None:
        self.bases: dict[PurePosixPath, tuple[Folder, Container[str]]] = {}
        self._met: dict[Path, Identity | None] = {}
        self._held: dict[Path, HeldFile] = {}

    def meet(self, path: Path, found: Identity | None) -> None:
        """Notes what a path names now.

        Raises:
            BadModel: something else was noted before.
        """
        if self._met.setdefault(path, found) != found:
            raise changed(path)

    def knows(self, path: Path) -> bool:
        """Whether a file was there."""
        return self._met.get(path) is not None

    def held(self, file: HeldFile) -> HeldFile:
        """The held file of this path; one is enough for all who read it."""
        return self._held.setdefault(file.path, file)

    def orphaned(self, path: Path) -> HeldFile | None:
        """The file that is held under this path, where nothing is there any more."""
        return None if os.path.lexists(path) else self._held.get(path)

    def held_in(self, home: Path) -> list[str]:
        """The names of the files that are held of a folder."""
        return [path.name for path in self._held if path.parent == home]

    def there(self) -> list[Path]:
        """The files that were met and are there."""
        return [path for path, found in self._met.items() if found is not None]

    def check(self) -> None:
        """Asks the file system about everything that was noted."""
        for path, noted in list(self._met.items()):
            try:
                same = found_at(path) == noted
            except BadModel as cause:  # what is there now is no file
                raise changed(path) from cause
            if not same:
                raise changed(path)

    def check_held(self) -> None:
        """Asks about the files that stay open, by their descriptors."""
        for file in self._held.values():
            file.check()

    def forget(self) -> None:
        """Forgets all identities; who has a held file keeps it as it is."""
        self._met.clear()
        self._held.clear()
