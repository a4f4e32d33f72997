"""One model in a Hub cache: which commit is there, and whether it is there in full.

The layout is the one that all Hub libraries share:

    models--ORG--NAME/refs/REVISION              the commit that a branch or tag meant last time
    models--ORG--NAME/snapshots/COMMIT/...       links to blobs; a file appears only when it is whole
    models--ORG--NAME/trees/COMMIT.json          which files the commit has (since huggingface_hub 2)
    models--ORG--NAME/.no_exist/COMMIT/FILE      the Hub was asked for FILE and does not have it
"""

from __future__ import annotations

import json
import os
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from isomorph.resolve.files import select
from isomorph.resolve.references import referred

COMMIT = re.compile(r"[0-9a-f]{40}")
TREE_FORMAT = 1
SETTING_FILES = ("modules.json", "config_sentence_transformers.json")
"""Files whose absence changes what a model computes, so that it must be known and not assumed."""


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
        ref = self.storage / "refs" / revision
        if not ref.is_file():
            return None
        commit = ref.read_text("utf-8").strip()
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

    def listing(self, commit: str) -> dict[str, int] | None:
        """The files of the commit with their sizes, or None where the cache does not say."""
        try:
            text = (self.storage / "trees" / f"{commit}.json").read_text("utf-8")
            tree: Any = json.loads(text)
            if tree["format_version"] != TREE_FORMAT:
                return None
            return {name: int(entry["size"]) for name, entry in tree["files"].items()}
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None

    def missing(self, commit: str, patterns: tuple[str, ...] = ()) -> list[str]:
        """The files that a load would need and that are not there; [] where all are.

        With a listing this is exact. Without one, what the files themselves refer to must be there,
        and a setting file that is not there must be known not to exist.

        Raises:
            BadModel: a file that refers to others is damaged.
        """
        folder = self.folder(commit)
        listing = self.listing(commit)
        if listing is not None:
            wanted = select(listing, patterns)
            return [name for name in wanted if not (folder / name).is_file()]
        if not folder.is_dir():
            return [SETTING_FILES[0]]
        known_absent = self.storage / ".no_exist" / commit
        gaps = [
            name
            for name in SETTING_FILES
            if not (folder / name).is_file() and not (known_absent / name).is_file()
        ]
        return gaps or referred(folder)

    def damaged(self, commit: str, patterns: tuple[str, ...] = ()) -> list[str]:
        """The files whose size is not the one in the listing."""
        listing = self.listing(commit) or {}
        folder = self.folder(commit)
        return [
            name
            for name in select(listing, patterns)
            if (folder / name).is_file() and (folder / name).stat().st_size != listing[name]
        ]

    def drop(self, commit: str, name: str) -> None:
        """Takes one file out of the cache, with the blob that it links to."""
        link = self.folder(commit) / name
        blob = link.resolve()
        link.unlink(missing_ok=True)
        if blob.is_relative_to(self.storage.resolve() / "blobs"):
            blob.unlink(missing_ok=True)
