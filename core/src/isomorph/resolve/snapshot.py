"""One model in a Hub cache: which commit is there, and whether it is there in full.

The layout is the one that all Hub libraries share:

    models--ORG--NAME/refs/REVISION              the commit that a branch or tag meant last time
    models--ORG--NAME/snapshots/COMMIT/...       links to blobs; a file appears only when it is whole
    models--ORG--NAME/trees/COMMIT.json          which files the commit has (since huggingface_hub 2)
    models--ORG--NAME/.no_exist/COMMIT/FILE      the Hub was asked for FILE and does not have it
    models--ORG--NAME/blobs/*.incomplete         a download that goes on, or was interrupted
"""

from __future__ import annotations

import os
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from isomorph.errors import BadModel
from isomorph.files.folder import Folder
from isomorph.resolve import references
from isomorph.resolve.answers import BLOB
from isomorph.resolve.files import needed
from isomorph.resolve.wanted import wanted

COMMIT = re.compile(r"[0-9a-f]{40}")
TREE_FORMAT = 1
_REF_LIMIT = 200  # bytes, of which a commit takes 40
WHOLE = ".gitattributes"
"""Every repository has this file and no model needs it: who has it downloaded the whole repository."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a cached commit can be loaded: files that it lacks, and files that it may lack.

    Without ``missing`` files a load is one of a model; ``unproved`` are settings that are not there, of
    which nothing says that the Hub has none either.
    """

    missing: tuple[str, ...] = ()
    unproved: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Cached:
    """The place of one model in a cache folder; nothing needs to be there yet."""

    storage: Path

    @classmethod
    def of(cls, repo_id: str, cache: Path) -> Cached:
        """The place that Hub libraries give this model."""
        return cls(cache / f"models--{repo_id.replace('/', '--')}")

    def commit(self, revision: str) -> str | None:
        """The commit of a revision as far as the cache knows."""
        if COMMIT.fullmatch(revision):
            return revision
        try:
            text = Folder(self.storage / "refs").text(revision, limit=_REF_LIMIT)
        except BadModel:  # damaged, so that the cache does not know
            return None
        commit = (text or "").strip()
        return commit if COMMIT.fullmatch(commit) else None

    def remember(self, revision: str, commit: str) -> None:
        """Notes which commit a branch or tag means; a cache that is read-only stays as it is."""
        if revision == commit or self.commit(revision) == commit:
            return
        ref = self.storage / "refs" / revision
        try:
            ref.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=ref.parent, prefix=".ref-")
            with os.fdopen(handle, "w", encoding="utf-8") as stream:
                stream.write(commit)
            Path(name).replace(ref)  # a reader sees the old commit or the new one, never half of it
        except OSError:
            return

    def folder(self, commit: str) -> Path:
        """Where the files of a commit are."""
        return self.storage / "snapshots" / commit

    def files(self, commit: str) -> Folder:
        """The files of a commit, whose links lead to blobs of this repository alone.

        Raises:
            BadModel: the folder itself is a link that leads out of this repository.
        """
        folder = self.folder(commit)
        real = folder.resolve()
        if real != self.storage.resolve() / "snapshots" / commit:
            raise BadModel(f"{folder} is a link to {real}, outside of its repository; refused.")
        return Folder(folder)

    def listing(self, commit: str) -> dict[str, int] | None:
        """The files of the commit with their sizes, or None where the cache does not say.

        Raises:
            BadModel: it gives a file's content a name that leads elsewhere; Hub libraries write there.
        """
        try:
            tree: Any = Folder(self.storage / "trees").json(f"{commit}.json")
            if tree is None or tree["format_version"] != TREE_FORMAT:
                return None
            sizes = {str(name): entry["size"] for name, entry in tree["files"].items()}
            blobs = [entry.get("lfs_sha256") or "0" for entry in tree["files"].values()]
        except (BadModel, KeyError, TypeError, AttributeError):
            return None
        if odd := next((b for b in blobs if not (isinstance(b, str) and BLOB.fullmatch(b))), None):
            raise BadModel(
                f"{self.storage / 'trees' / commit}.json lists the content {str(odd)[:200]!r}, which leads "
                f"out of the cache; refused. Remove {self.storage} and download the model again."
            )
        return sizes if all(type(size) is int for size in sizes.values()) else None

    def standing(self, commit: str, patterns: tuple[str, ...] = ()) -> Standing:
        """Whether a load may use what is there.

        With a listing this is exact. Without one, what the files themselves refer to must be there.

        Raises:
            BadModel: a file that refers to others is damaged, or a link leads out of this repository.
        """
        files = self.files(commit)
        if not self.folder(commit).is_dir():
            return Standing(missing=(references.LIST,))
        listing = self.listing(commit)
        if listing is not None:
            settings = self._unfetched_settings(files, wanted(listing, patterns))
            return Standing(tuple(dict.fromkeys([*settings, *references.gaps(files)])))
        absent = references.absent_settings(files)
        unproved = [] if self._is_download(files) else self._unmarked(commit, absent)
        lacking = [references.LIST] if references.unlisted_modules(files) else []
        missing = [name for name in lacking if name in unproved] or references.gaps(files)
        return Standing(tuple(missing), tuple(unproved))

    def unfetched(self, commit: str, patterns: tuple[str, ...] = ()) -> list[str]:
        """The files that a connection would bring, or may bring, where the cache has no listing.

        Raises:
            BadModel: as for `standing`.
        """
        listing = self.listing(commit)
        if listing is None:
            standing = self.standing(commit, patterns)
            return [*standing.missing, *standing.unproved]
        files = self.files(commit)
        return [name for name in wanted(listing, patterns) if files.file(name) is None]

    def damaged(self, commit: str, patterns: tuple[str, ...] = ()) -> list[str]:
        """The files whose size is not the one in the listing."""
        listing = self.listing(commit) or {}
        files = self.files(commit)
        found = {name: files.file(name) for name in wanted(listing, patterns)}
        return [n for n, path in found.items() if path and path.stat().st_size != listing[n]]

    def drop(self, commit: str, name: str) -> None:
        """Takes one file out of the cache, with the blob that it links to.

        Raises:
            BadModel: the name leads out of this repository.
        """
        link = self.files(commit).path(name)
        blob = link.resolve()
        link.unlink(missing_ok=True)
        if blob.is_relative_to(self.storage.resolve() / "blobs"):
            blob.unlink(missing_ok=True)

    def _unfetched_settings(self, files: Folder, names: list[str]) -> list[str]:
        code = (files.text(references.LIST) or "") + (files.text("config.json") or "")
        folders = references.module_folders(files)
        return needed(names, lambda name: files.file(name) is not None, folders, code)

    def _is_download(self, files: Folder) -> bool:
        """Whether the whole repository was downloaded, and no download was interrupted."""
        interrupted = any((self.storage / "blobs").glob("*.incomplete"))
        return files.file(WHOLE) is not None and not interrupted

    def _unmarked(self, commit: str, names: list[str]) -> list[str]:
        """Those of the names of which nobody has noted that the Hub does not have them."""
        marks = Folder(self.storage / ".no_exist" / commit)
        return [name for name in names if marks.file(name) is None]
