"""The folder of choices: one file a machine and model, written whole or not at all."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from isomorph.machine.disk import rename, sync
from isomorph.plugins.discovery import Plugins
from isomorph.tuned.choice import Choice
from isomorph.tuned.key import Key, versions
from isomorph.tuned.look_up import folder

FORMAT = 1
"""What a file of another number holds is not read."""
LIMIT = 1 << 20
"""Bytes of a file that are read; a choice has less than a thousand."""


def keep(key: Key, choice: Choice, plugins: Plugins, took_part: Sequence[str]) -> Path:
    """Writes a choice, in place of an earlier one.

    Args:
        key: of the model on this machine.
        choice: what was chosen.
        plugins: those that offer the backends.
        took_part: the names of the backends that were measured, whose versions are kept.

    Raises:
        OSError: the cache folder cannot be written.
    """
    infos = [plugins.info(name) for name in took_part]
    data = {"format": FORMAT, "versions": versions(infos), "choice": choice.as_data()}
    place = folder()
    place.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=".tune-", dir=place)
    beside = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(json.dumps(data, indent=1, sort_keys=True) + "\n")
        sync(beside)
        rename(beside, place / key.file)
    finally:
        beside.unlink(missing_ok=True)
    return place / key.file


def forget(key: Key) -> bool:
    """Removes the choice of a model on this machine; whether there was one."""
    file = folder() / key.file
    there = file.exists()
    file.unlink(missing_ok=True)
    return there


def read(file: Path, plugins: Plugins) -> Choice | None:
    """The choice in a file, None where there is no file or some version is another one.

    Raises:
        OSError, ValueError, TypeError, KeyError: the file holds something else.
    """
    try:
        with file.open("rb") as stream:
            text = stream.read(LIMIT + 1)
    except FileNotFoundError:
        return None
    if len(text) > LIMIT:
        raise ValueError(f"it has more than {LIMIT} bytes")
    data: Any = json.loads(text)
    if not isinstance(data, dict) or not isinstance(data.get("versions"), dict):
        raise ValueError("it holds no object with versions")
    if data.get("format") != FORMAT:
        return None
    then = data["versions"]
    infos = [info for info in plugins.infos if info.name in then]
    if then != versions(infos):
        return None
    choice = Choice.of_data(data["choice"])
    if choice.backend not in then:
        raise ValueError(f"its backend {choice.backend!r} took no part")
    return choice
