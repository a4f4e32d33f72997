"""Which files of a repository are the model, and which are copies of it for other programs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

from isomorph.errors import BadModel
from isomorph.files.names import (
    ADAPTER_WEIGHTS,
    COLBERT_HEAD,
    OLD_WEIGHT_PATTERNS,
    SPARSE_HEAD,
    TOKENIZER,
    WEIGHT_PATTERN,
)
from isomorph.resolve.relative_names import leads_out, unusable

"""Taken only from a folder without `WEIGHT_PATTERN`: otherwise they are the same numbers once more."""

COPIES = ("model.*.safetensors", "consolidated*.safetensors")
"""Further forms of ``model.safetensors``: other number types, other sharding."""

TEXT = (
    *("*.json", "*.txt", "*.model", "*.jinja", "*.md", "*.py", "*.jsonl", "LICENSE*", "*.vocab"),
    *("artifact.metadata", "*.codes"),
)
"""Configuration, tokenizers and the model card. Code is stored but never imported."""

CLUTTER = (
    *("desktop.ini", "Thumbs.db", "Icon?", "*.log", "*.bak", "*.orig", "*.tmp", "*.lock", "*~"),
    *("*.png", "*.jpg", "*.jpeg", "*.gif", "*.svg", "*.webp", "*.pdf", "*.html", "*.ipynb", "*.sh"),
    *("*.csv", "*.tsv", "*.yaml", "*.yml", "*.toml", "*.cfg"),
)
"""What systems and people leave in any folder; it says as little about it."""

CONVERTED = ("*.h5", "*.msgpack", "*.ot", "*.ckpt", "*.pt", "*.pth", "*.npz", "*.pkl", "*.bin")
"""Weights that nothing here reads; they say nothing about the folder they are in."""

SETTINGS = (
    *("modules.json", "config_sentence_transformers.json", "sentence_*_config.json"),
    *("config.json", "router_config.json", "adapter_config.json"),
    *("tokenizer_config.json", "special_tokens_map.json", "added_tokens.json"),
    *("chat_template.*", "*.jinja", "artifact.metadata"),
)
"""Of the small files those that say what a model computes; README.md, for one, does not."""

VOCABULARIES = (TOKENIZER, "vocab.*", "merges.txt", "*.model", "*.vocab", "*.codes")
"""A tokenizer in one file needs none of the others."""


def select(
    names: Iterable[str], extra: Iterable[str] = (), modules: Iterable[str] = ()
) -> list[str]:
    """The files to have, out of all files of a repository; `extra` adds patterns of full names.

    `modules` are folders that are known to be those of modules, whatever else lies in them.

    Raises:
        BadModel: a name leads out of the repository, or a file to have has a name that some system
            cannot keep.
    """
    folders: dict[PurePosixPath, list[PurePosixPath]] = {}
    listed = [_inside(name) for name in names]
    for path in listed:
        folders.setdefault(path.parent, []).append(path)
    own = {PurePosixPath(folder) for folder in modules}
    foreign = {folder for folder, files in folders.items() if _is_foreign(folder, files)} - own
    extra = tuple(extra)
    chosen = [
        str(path)
        for path in listed
        if any(fnmatchcase(str(path), pattern) for pattern in extra)
        or (foreign.isdisjoint(path.parents) and _is_own(path, folders[path.parent]))
    ]
    for name in chosen:
        if why := unusable(name):
            raise BadModel(f"The repository lists a file {name[:200]!r}, which {why}.")
    return chosen


def needed(
    wanted: Iterable[str], there: Callable[[str], bool], folders: Iterable[str], code: str
) -> list[str]:
    """Those of the `wanted` files that are not there and without which a model is another, or none.

    Args:
        wanted: what `select` gave.
        there: whether a file is there.
        folders: those of the model's modules, "" for the model's own.
        code: text that names the Python files that belong to the model.
    """
    places = {PurePosixPath(folder) for folder in folders}
    return [name for name in wanted if not there(name) and _matters(name, there, places, code)]


def _matters(
    name: str, there: Callable[[str], bool], places: set[PurePosixPath], code: str
) -> bool:
    path = PurePosixPath(name)
    if path.parent not in places:
        return False
    if _matches(path, (WEIGHT_PATTERN, *OLD_WEIGHT_PATTERNS)):
        return False  # what is there of them says which ones are lacking
    if _matches(path, ("*.py",)):
        return f"{path.stem}." in code
    if _matches(path, VOCABULARIES):
        return not there(str(path.with_name(TOKENIZER)))
    return _matches(path, SETTINGS) or (path.parent != PurePosixPath() and path.suffix == ".json")


def is_artifact(name: str, patterns: Iterable[str]) -> bool:
    """Whether a file, by its full name, is what one of the patterns of backends means."""
    depth = name.count("/")
    return any(depth == each.count("/") and fnmatchcase(name, each) for each in patterns)


def _inside(name: str) -> PurePosixPath:
    if leads_out(name):
        raise BadModel(f"The repository lists a file {name[:200]!r}, which leads out of it.")
    return PurePosixPath(name)


def _is_own(path: PurePosixPath, siblings: list[PurePosixPath]) -> bool:
    """Whether a file is part of the model rather than another form of it."""
    if _matches(path, OLD_WEIGHT_PATTERNS):
        return not any(_stands_for(sibling, path) for sibling in siblings)
    if _matches(path, (WEIGHT_PATTERN,)):
        return not _matches(path, COPIES)
    return _matches(path, (*TEXT, SPARSE_HEAD, COLBERT_HEAD))


def _stands_for(sibling: PurePosixPath, path: PurePosixPath) -> bool:
    """Whether a file holds in safetensors what another holds pickled: the model, or an adapter."""
    adapters = sibling.name in ADAPTER_WEIGHTS, path.name in ADAPTER_WEIGHTS
    return _matches(sibling, (WEIGHT_PATTERN,)) and adapters[0] == adapters[1]


def _is_foreign(folder: PurePosixPath, files: list[PurePosixPath]) -> bool:
    """Whether a folder holds an engine's conversion, known by a kind of file that no module has.

    Its small files, copies of the configuration for the most part, are left out with it.
    """
    if folder == PurePosixPath() or any(
        _matches(f, (WEIGHT_PATTERN, *OLD_WEIGHT_PATTERNS)) for f in files
    ):
        return False
    ours = (*TEXT, *CONVERTED, *CLUTTER)
    return any(not _matches(file, ours) and not file.name.startswith(".") for file in files)


def _matches(path: PurePosixPath, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(path.name, pattern) for pattern in patterns)
