"""What a model on the Hub is, known by a few kB: its small files, and the headers of its weights.

Nothing goes into the cache, where a part of a model would be taken for a model by other programs.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from isomorph.errors import BadModel, IsomorphError, ModelNotFound
from isomorph.files import limits
from isomorph.files.folder import Folder
from isomorph.files.names import (
    ADAPTER,
    ADAPTER_WEIGHTS,
    OLD_WEIGHT_PATTERNS,
    OLD_WEIGHTS,
    WEIGHT_PATTERN,
    WEIGHTS,
)
from isomorph.files.outlines import header_for, header_of, stand_in
from isomorph.files.pickled.tensors import pickled_shapes
from isomorph.resolve import hub, hub_errors
from isomorph.resolve.answers import judged
from isomorph.resolve.files import SETTINGS, TEXT
from isomorph.resolve.hub_errors import Asked
from isomorph.resolve.ranges import exactly, part, stream
from isomorph.resolve.request import Request
from isomorph.resolve.wanted import wanted

SMALL = 1 << 16
"""Bytes of a file that is fetched though it is no setting."""
LARGEST_SETTINGS = 8 << 20
LARGEST_WORDS = 32 << 20
"""Bytes of a file that `Outline.complete` fetches: vocabularies, and small heads."""
_DEPTH = 8
"""Adapters of adapters of a model, at most."""
_UNREAD = ("*.md", "*.py", "LICENSE*")
_PICKLED = tuple(each for each in OLD_WEIGHT_PATTERNS if each.endswith(".bin"))


@dataclass(frozen=True, slots=True)
class Outline:
    """The outline of one model in a folder of its own.

    Attributes:
        folder: small files as they are, and stand-ins (`isomorph.files.outlines`) for the others.
        sizes: all files of the repository, by name, with their bytes.
        names: those that a load fetches.
        blank: those of `names` of which no byte is there.
        base: the outline of the model that an adapter changes; None where there is no such adapter.
    """

    folder: Path
    sizes: Mapping[str, int]
    names: tuple[str, ...]
    blank: tuple[str, ...] = ()
    base: Outline | None = None
    _place: _Place | None = None

    @property
    def nbytes(self) -> int:
        """Bytes that a load fetches, the base of an adapter included."""
        own = sum(self.sizes.get(name, 0) for name in self.names)
        return own + (self.base.nbytes if self.base is not None else 0)

    def complete(self) -> Outline:
        """The outline with its vocabularies and small heads, which few models are read by.

        Raises:
            ModelError: the Hub does not give them.
        """
        base = self.base.complete() if self.base is not None else None
        if self._place is None:
            return replace(self, base=base)
        left = [name for name in self.blank if not self._place.fetched(name, LARGEST_WORDS)]
        return replace(self, blank=tuple(left), base=base)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the files of one commit are, and where their outline goes."""

    asked: Asked
    commit: str
    headers: Mapping[str, str]
    endpoint: str | None
    folder: Path
    sizes: Mapping[str, int]

    def url(self, name: str) -> str:
        from huggingface_hub import hf_hub_url

        repo_id = self.asked.repo_id
        return str(hf_hub_url(repo_id, name, revision=self.commit, endpoint=self.endpoint))

    def fetched(self, name: str, most: int) -> bool:
        """Fetches a whole file, unless it has more bytes than that."""
        size = self.sizes[name]
        if size > most:
            return False
        with translated(self.asked):
            content = part(self.url(name), self.headers, 0, size) if size else b""
        if len(content) < size:
            raise BadModel(
                f"The Hub lists {name!r} with {size:,} bytes, and sends {len(content):,}."
            )
        stand_in(self.folder / name, size, content)
        return True

    def described(self, name: str) -> None:
        """Puts the header of a weight file in its place."""
        size = self.sizes[name]
        with translated(self.asked):
            opened = exactly(self.url(name), self.headers, size)
            stand_in(self.folder / name, size, header_of(opened, name))

    def described_as(self, names: list[str], target: str) -> None:
        """Puts the shapes of pickled tensors, of all these files, into the header of one file."""
        found: dict[str, tuple[str, tuple[int, ...]]] = {}
        for name in names:
            size = self.sizes[name]
            with translated(self.asked):
                views = pickled_shapes(stream(self.url(name), self.headers, size), size, name)
            found |= {key: (view.dtype, view.shape) for key, view in views.items()}
        header, size = header_for((key, *each) for key, each in found.items())
        stand_in(self.folder / target, size, header)


def outline(repo_id: str, request: Request, folder: Path, depth: int = 0) -> Outline:
    """The outline of a model on the Hub, written into a folder that is empty or not there.

    Raises:
        ModelNotFound: the Hub has no such model or revision, or may not be asked.
        AccessDenied: the model is gated or private.
        HubUnavailable: no answer.
        BadModel: the Hub lists what cannot be, or the beginning of a file is not that of its kind.
    """
    hub.refuse_odd_names(repo_id, request.revision or hub.DEFAULT_REVISION)
    cache = str(hub.cache_folder(request))
    asked = Asked(repo_id, request.revision or hub.DEFAULT_REVISION, cache)
    if why := ("local_files_only=True" if request.local_files_only else hub.why_offline()):
        raise hub_errors.not_cached(asked, why)
    place = _listed(asked, request, folder)
    names = wanted(place.sizes, request.patterns)
    if not names:
        raise ModelNotFound(f"The Hub has {asked}, but it holds no file of a model.")
    blank = _write(place, names)
    base = _base(folder, request, depth)
    return Outline(folder, place.sizes, tuple(names), tuple(blank), base, place)


def _listed(asked: Asked, request: Request, folder: Path) -> _Place:
    """All files of the commit that a revision means now."""
    from huggingface_hub import HfApi
    from huggingface_hub.utils import build_hf_headers

    api = HfApi(endpoint=request.endpoint, token=request.token, library_name="isomorph")
    with translated(asked):
        commit, _ = hub.commit_of(api, asked)
        entries: Any = api.list_repo_tree(asked.repo_id, recursive=True, revision=commit)
        sizes = {str(each.path): each.size for each in entries if hasattr(each, "size")}
    for name, size in sizes.items():
        if type(size) is not int or not 0 <= size <= limits.FILE:
            raise BadModel(f"The Hub lists {name[:200]!r} with {size!r} bytes, which no file has.")
    headers = build_hf_headers(token=request.token, library_name="isomorph")
    return _Place(asked, commit, headers, request.endpoint, folder, sizes)


def _write(place: _Place, names: list[str]) -> list[str]:
    """Writes what is small, and headers and stand-ins of the rest; the names of stand-ins without a byte."""
    blank: list[str] = []
    pickled: dict[str, list[str]] = {}
    place.folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        parent, _, last = name.rpartition("/")
        if fnmatchcase(last, WEIGHT_PATTERN):
            place.described(name)
        elif _matches(last, _PICKLED):
            pickled.setdefault(parent, []).append(name)
        elif _matches(last, _UNREAD):
            stand_in(place.folder / name, 0)
        elif last == OLD_WEIGHTS[1]:
            continue  # the shards that it lists become one
        elif not place.fetched(name, LARGEST_SETTINGS if _is_setting(last) else SMALL):
            blank.append(name)
            if _matches(last, TEXT):
                stand_in(place.folder / name, place.sizes[name])
    for parent, files in pickled.items():
        for old, new in ((ADAPTER_WEIGHTS[1], ADAPTER_WEIGHTS[0]), ("", WEIGHTS[0])):
            mine = [n for n in files if (n.rpartition("/")[2] == ADAPTER_WEIGHTS[1]) == bool(old)]
            if mine:
                place.described_as(mine, f"{parent}/{new}" if parent else new)
    return blank


def _base(folder: Path, request: Request, depth: int) -> Outline | None:
    """The outline of the base model, where the folder holds an adapter alone; it then names that outline."""
    content = Folder(folder).json(ADAPTER)
    if content is None or any((folder / name).is_file() for name in WEIGHTS):
        return None
    name = content.get("base_model_name_or_path") if isinstance(content, dict) else None
    if not isinstance(name, str) or depth == _DEPTH:
        return None  # the reader says what is wrong
    revision = content.get("revision")
    told = replace(request, revision=revision if isinstance(revision, str) else None, patterns=())
    found = outline(name, told, folder.with_name(f"{folder.name}-base"), depth + 1)
    content["base_model_name_or_path"], content["revision"] = str(found.folder), None
    (folder / ADAPTER).write_text(json.dumps(content), "utf-8")
    return found


@contextmanager
def translated(asked: Asked) -> Iterator[None]:
    """Within, what huggingface_hub raises becomes an error of isomorph.

    Raises:
        ModelError: as `isomorph.resolve.hub_errors.translate` says.
    """
    try:
        with judged():
            yield
    except IsomorphError:
        raise
    except Exception as cause:  # the libraries below share no base class over their versions
        if not hub_errors.concerns_hub(cause):
            raise
        raise hub_errors.translate(cause, asked) from cause


def _is_setting(name: str) -> bool:
    return _matches(name, (*SETTINGS, "*.index.json", "artifact.metadata"))


def _matches(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)
