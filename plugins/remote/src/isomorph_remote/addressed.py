"""Models that are named by an address alone: a folder says where they are, and all else is as usual."""

from __future__ import annotations

import atexit
import json
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote, urldefrag

from isomorph.contract import Model, Module
from isomorph.errors import ModelNotFound, Unsupported
from isomorph.hookspecs import ModuleFolder, ModuleKind, Request
from isomorph.program import Ref, Weights
from isomorph_remote.devices import NO_PASSWORDS, names_somebody
from isomorph_remote.texts import Texts

KIND = "elsewhere"
CLASS = "isomorph_remote.Elsewhere"
_OWN: dict[str, Path] = {}
"""The folders that this process has made, by name. Only they may say an address by themselves."""


def find(name: str, request: Request) -> Path | None:
    """The folder of the model behind an address, such as ``http://host:8080#model``; None for other names.

    Nothing connects here.

    Raises:
        ModelNotFound: a revision is asked for, or nothing may connect, or the address has a password.
    """
    if not name.startswith(("http://", "https://")):
        return None
    if names_somebody(name):
        raise ModelNotFound(NO_PASSWORDS)
    if request.revision is not None:
        raise ModelNotFound(f"{name} has no revisions, and {request.revision!r} was asked for.")
    if request.local_files_only:
        raise ModelNotFound(f"{name} is on a server, and local_files_only forbids to ask it.")
    if name not in _OWN:
        _OWN[name] = _written(name)
    return _OWN[name]


def _written(name: str) -> Path:
    url, model = urldefrag(name)
    folder = Path(tempfile.mkdtemp(prefix="isomorph-remote-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    place = folder / "0_Elsewhere"
    place.mkdir()
    entry = {"idx": 0, "name": "0", "path": place.name, "type": CLASS}
    (folder / "modules.json").write_text(json.dumps([entry]), "utf-8")
    said = {"url": url, **({"model": unquote(model)} if model else {})}
    (place / "config.json").write_text(json.dumps(said), "utf-8")
    return folder


def read(source: ModuleFolder) -> Module:
    """Reads ``config.json``: `url`, the address of a server, and `model`, what the server calls the model."""
    said = source.config("config.json")
    found = {name: str(said[name]) for name in ("url", "model") if said.get(name) is not None}
    return Module(
        KIND,
        source.name,
        folder=source.path,
        config=found,
        inputs=("utf8",),
        outputs=("sentence_embedding",),
    )


def lower(module: Module, weights: Weights, values: Mapping[str, Ref]) -> Mapping[str, Ref]:
    """Refuses: what a server computes cannot be written down.

    Raises:
        Unsupported: always.
    """
    raise Unsupported("a server computes this module, and backend='remote' asks the server")


ELSEWHERE = ModuleKind(
    name=KIND,
    classes=(CLASS,),
    read=read,
    lower=lower,
    inputs=lambda source, module: Texts(),
    needs=("settings",),
)


def is_own(model: Model) -> bool:
    """Whether this process made the folder of a model, for an address that the user has typed."""
    return model.folder in _OWN.values()
