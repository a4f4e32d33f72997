"""Folders of late-interaction models: sentence-transformers' own layout, PyLate's, Stanford ColBERT's.

The two older layouts leave implicit what the newest one lists as modules and settings: which tokens
are skipped, that vectors are normalised, which markers stand in front, how queries are filled up.
Field names are those of ``config_sentence_transformers.json`` as PyLate writes it, and of
``artifact.metadata`` as Stanford's ColBERT writes it.
"""

from __future__ import annotations

import string
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from isomorph.errors import AmbiguousHead, BadModel
from isomorph.graph import Module
from isomorph.model import Model
from isomorph.modules import ModuleFolder
from isomorph.modules.multi_vector_mask import TOKENS, mask_module
from isomorph.modules.transformer import from_config
from isomorph.read import sentence_transformers
from isomorph.read.adapters import refuse_adapter
from isomorph.read.chat_templates import refuse_template
from isomorph.read.folder import Folder
from isomorph.read.sentence_transformers import chain
from isomorph.read.settings import FILE, read_settings
from isomorph.read.text import read_text
from isomorph.read.weights import read_tensors

STANFORD = "HF_ColBERT"
PYLATE = "ColBERT"
DEFAULT_QUERY_LENGTH = 32

_PYLATE_KEYS = (
    "query_prefix",
    "document_prefix",
    "query_length",
    "document_length",
    "do_query_expansion",
    "attend_to_expansion_tokens",
    "skiplist_words",
)


def read(root: Path) -> Model:
    """The model in a folder; its result is ``token_embeddings``.

    Raises:
        AmbiguousHead: the folder does not say how token vectors become those that are compared.
        Unsupported: it holds an adapter, or texts go through a chat template.
    """
    folder = Folder(root)
    source = ModuleFolder("0", "", "", folder, {})
    if folder.file("modules.json") is not None:
        model = sentence_transformers.read(root)
        saved = ModuleFolder("0", "", "", model.files, {}).config(FILE)
        if saved.get("model_type") == PYLATE:
            return _pylate(model, saved)
        if model.graph.outputs == TOKENS:
            return model
    elif STANFORD in (source.config("config.json").get("architectures") or ()):
        return _stanford(folder)
    refuse_adapter(folder)
    raise AmbiguousHead(
        f"{root} is not a late-interaction model: nothing in it maps token vectors to those that are "
        "compared, and a fresh projection would be random numbers."
    )


def _pylate(model: Model, saved: Mapping[str, Any]) -> Model:
    """The chain that PyLate's file implies, and its prompts, lengths and filling as settings."""
    modules = list(model.graph.modules)
    if not any(module.op == "multi_vector_mask" for module in modules):
        words = saved.get("skiplist_words")
        modules += _behind(len(modules), list(string.punctuation) if words is None else words)
    if any(key in saved for key in _PYLATE_KEYS):
        length = saved.get("query_length") or DEFAULT_QUERY_LENGTH
        attend = bool(saved.get("attend_to_expansion_tokens", saved.get("attend_to_mask_tokens")))
        expands = saved.get("do_query_expansion", True)
        expansion = {"strategy": "fixed", "length": length, "attend": attend} if expands else None
        modules[0] = _with_settings(
            modules[0],
            query_expansion=saved.get("query_expansion", expansion),
            query_length=saved.get("query_length"),
            document_length=saved.get("document_length"),
        )
    prompts = {
        name: saved[f"{name}_prefix"]
        for name in ("query", "document")
        if saved.get(f"{name}_prefix") is not None
    }
    settings = replace(model.settings, prompts={**model.settings.prompts, **prompts})
    return replace(model, graph=chain(tuple(modules)), settings=settings)


def _stanford(folder: Folder) -> Model:
    """A BERT with one projection in the same weight file, and a file of markers and lengths."""
    refuse_template(folder)
    tensors = read_tensors(folder, "")
    source = ModuleFolder("0", "", "", folder, tensors)
    projection = tensors.get("linear.weight")
    if projection is None:
        raise BadModel(f"{folder.root} names {STANFORD}, but holds no tensor 'linear.weight'.")
    saved = source.config("artifact.metadata")
    encoder = _with_settings(
        from_config(source, source.config("config.json"), {}),
        document_length=saved.get("doc_maxlen"),
        query_expansion={
            "strategy": "fixed",
            "length": saved.get("query_maxlen") or DEFAULT_QUERY_LENGTH,
            "attend": bool(saved.get("attend_to_mask_tokens")),
        },
    )
    narrow, wide = projection.shape
    dense = Module(
        "dense",
        "1",
        "1_Dense",
        {
            "in_features": wide,
            "out_features": narrow,
            "bias": False,
            "activation_function": "torch.nn.modules.linear.Identity",
            "use_residual": False,
        },
        ("linear.weight",),
        TOKENS,
        TOKENS,
    )
    words = list(string.punctuation) if saved.get("mask_punctuation", True) else []
    markers = (saved.get("query_token_id") or "[unused0]", saved.get("doc_token_id") or "[unused1]")
    modules = (encoder, dense, *_behind(2, words))
    text = replace(read_text(folder, encoder), markers=markers)
    settings = read_settings(folder)
    prompts = {"query": f"{markers[0]} ", "document": f"{markers[1]} ", **settings.prompts}
    own = {name: tensor for name, tensor in tensors.items() if name != "linear.weight"}
    return Model(
        chain(modules),
        folder.root,
        {"0": own, "1": {"linear.weight": projection}},
        text,
        replace(settings, prompts=prompts),
        files=folder,
    )


def _behind(count: int, words: list[str]) -> tuple[Module, Module]:
    """The mask and the normalisation that both older layouts imply, named by their place."""
    mask = mask_module(str(count), f"{count}_MultiVectorMask", words)
    place = count + 1
    normalize = Module("normalize", str(place), f"{place}_Normalize", {}, (), TOKENS, TOKENS)
    return mask, normalize


def _with_settings(encoder: Module, **settings: Any) -> Module:
    known = {name: value for name, value in settings.items() if value is not None}
    merged = {**encoder.config.get("settings", {}), **known}
    return replace(encoder, config={**encoder.config, "settings": merged})
