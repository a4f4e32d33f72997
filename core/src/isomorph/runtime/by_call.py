"""What a chain says of its inputs where a call says otherwise: its files, read anew with the call's word.

A call may say whatever ``processing_kwargs`` of a folder may, and nothing else: the readers of the folder's
files judge both. What changes the arrays that a model was planned for is refused.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any

from isomorph.contract import Model, Module
from isomorph.errors import BadModel, InputError, Unsupported
from isomorph.files.folder import Folder
from isomorph.files.guard import reading
from isomorph.files.module_folder import ModuleFolder
from isomorph.messages.shown import shown
from isomorph.modules.processing import PROCESSING
from isomorph.plugins.table import kind_named
from isomorph.preprocess.protocol import Inputs
from isomorph.read.inputs import read_inputs
from isomorph.runtime.asked import told


def asked_inputs(model: Model, processing: str) -> Inputs | None:
    """What a model of one chain says of its inputs, read with ``processing_kwargs`` (JSON) over its own.

    None: that changes nothing.

    Raises:
        InputError: they are not followed, or would change what the model is fed.
    """
    asked: Mapping[str, Mapping[str, Any]] = json.loads(processing)
    first, present = model.graph.modules[0], model.inputs
    if first.config.get("transformer") is None or "settings" not in first.config:
        if set(asked) <= {present.modality} == {"text"}:
            return None  # how texts are filled up, which their masks hide
        raise InputError(
            f"{PROCESSING} {shown(asked)}: a module of the kind {first.kind!r} reads none."
        )
    own = merged(first, asked)
    stored = _read(model, first)
    try:
        with reading(model.folder):
            read = _read(model, own)
            same = _fed(model, own, read) == _fed(model, first, stored)
    except (BadModel, Unsupported) as cause:
        raise InputError(f"{PROCESSING} {shown(asked)} of this call: {cause}") from None
    if not same:
        raise InputError(
            f"{PROCESSING} {shown(asked)} of this call would feed the model other arrays than it was loaded "
            f"for. Say so in {PROCESSING} of sentence_bert_config.json in a copy of the folder, and load "
            "that."
        )
    found: Inputs = patched(present, stored, read)
    return None if found == present else found


def merged(first: Module, asked: Mapping[str, Mapping[str, Any]]) -> Module:
    """The module with other options of each part in place of its own."""
    settings = first.config["settings"]
    known = settings.get(PROCESSING) or {}
    said = {part: {**(known.get(part) or {}), **options} for part, options in asked.items()}
    return replace(
        first, config={**first.config, "settings": {**settings, PROCESSING: {**known, **said}}}
    )


def patched(present: Any, stored: Any, read: Any) -> Any:
    """What a reader made of `stored`, with whatever `read` says otherwise than that, at any depth.

    Readers of older folders change what the files of the first module say. Where texts are cut is left out:
    that is part of the call.
    """
    if read == stored or isinstance(read, Folder):
        return present
    alike = type(present) is type(stored) is type(read)
    if not alike or not is_dataclass(read) or isinstance(read, type):
        return read
    found = {
        each.name: patched(*(getattr(one, each.name) for one in (present, stored, read)))
        for each in fields(read)
        if each.init and each.name != "max_length"
    }
    return replace(present, **found)


def _read(model: Model, first: Module) -> Inputs:
    """What the files and the user's word say, with other settings of the first module."""
    chain = model.chain
    graph = replace(chain.graph, modules=(first, *chain.graph.modules[1:]))
    inputs = read_inputs(model.files, first)
    return told(replace(chain, graph=graph, inputs=inputs), chain.told).inputs


def _fed(model: Model, first: Module, inputs: Inputs) -> tuple[Any, ...]:
    """What a plan was made for: the arrays, their length at most, and the module that reads them."""
    kind, config = kind_named(first.kind), {}
    if kind.branches is not None:
        source = ModuleFolder(first.name, "", first.folder, model.files, {})
        heads = kind.branches(source, first)
        config = {name: {**head.config, "settings": None} for name, head in heads.items()}
    return inputs.feeds(model.graph.inputs), inputs.longest, inputs.padding_side, config
