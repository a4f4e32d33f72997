"""What stays of a folder that is saved over: whatever the new model does not replace.

Of another model's files none may stay that a reader would take for a part of the new one: its weights,
its tokenizer, artifacts that were made of it. Everything else in the folder is the user's.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from isomorph.errors import InputError, IsomorphError
from isomorph.files.names import (
    ADAPTER,
    ALL_WEIGHTS,
    PROBES,
    QUANTIZED,
    QUANTIZED_WEIGHTS,
    TOKENIZER_FILES,
)
from isomorph.modules.transformer import SETTINGS_FILES
from isomorph.plugins.reading import read_model

_OF_A_MODULE = (
    *(*ALL_WEIGHTS, QUANTIZED_WEIGHTS, ADAPTER, *SETTINGS_FILES, *TOKENIZER_FILES),
    *("config.json", "config_sentence_transformers.json", "chat_template.*", "artifact.metadata"),
    *("preprocessor_config.json", "processor_config.json", "video_preprocessor_config.json"),
    *("generation_config.json", "open_clip_config.json"),
    *("whitespacetokenizer_config.json", "phrasetokenizer_config.json"),
)
"""Names that a reader looks for in a module's folder, and no wider: what else is called so is the user's."""


def keep(old: Path, fresh: Path, stale: Iterable[str]) -> None:
    """Puts into `fresh` what lies in `old` and is neither there anew nor stale.

    Files are linked where the file system can do that, so that they keep what others write to them.

    Args:
        old: the folder that is about to be replaced.
        fresh: the one that replaces it.
        stale: patterns of relative names that do not stay.

    Raises:
        InputError: another file system is mounted below `old`.
    """
    patterns = tuple(stale)
    for place, folders, files in os.walk(old):
        here = Path(place)
        for name in [*folders, *files]:
            path = here / name
            relative = path.relative_to(old)
            target = fresh / relative
            if path.is_dir() and not path.is_symlink():
                _refuse_mounted(path)
                target.mkdir(exist_ok=True)
            elif not os.path.lexists(target) and not _matches(relative.as_posix(), patterns):
                _take(path, target)
    for place, _, _ in os.walk(fresh, topdown=False):
        here = old / Path(place).relative_to(fresh)
        if here.is_dir() and here != old:
            shutil.copymode(here, place)  # what nobody else might read stays so
        if here.is_dir() and any(here.iterdir()) and not any(Path(place).iterdir()):
            Path(place).rmdir()  # nothing of it has stayed


def _refuse_mounted(folder: Path) -> None:
    """What is mounted would be copied, and then removed from where it lies, with the old folder.

    Raises:
        InputError: names the folder.
    """
    if os.path.ismount(folder):
        raise InputError(
            f"{folder} is another file system, and the folder around it would be replaced. Save into a new "
            "folder."
        )


def stale_names(old: Path, fresh: Path, artifacts: Sequence[str]) -> list[str]:
    """Patterns of what another model's folder holds for its readers."""
    places = {""}
    for folder in (old, fresh):
        try:
            model = read_model(folder)
        except IsomorphError:
            continue  # no model, or none that can be read: nothing is known but the root
        places.update(module.folder for module in model.modules.values())
    own = [str(PurePosixPath(place, name)) for place in places for name in _OF_A_MODULE]
    return [*own, *artifacts, PROBES, QUANTIZED, "modules.json", "router_config.json"]


def _matches(name: str, patterns: Sequence[str]) -> bool:
    depth = name.count("/")  # a star of a pattern does not cross folders
    return any(depth == kind.count("/") and fnmatchcase(name, kind) for kind in patterns)


def _take(path: Path, target: Path) -> None:
    if path.is_symlink():
        target.symlink_to(path.readlink())
        return
    try:
        os.link(path, target)
    except OSError:
        shutil.copy2(path, target)
