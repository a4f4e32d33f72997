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

from isomorph.adapters.files import is_alone
from isomorph.adapters.weights import read_weights
from isomorph.encoders.describe import family_of
from isomorph.encoders.tower import RETRIEVAL
from isomorph.encoders.towers import towers_of
from isomorph.errors import AmbiguousHead, BadModel, Unsupported
from isomorph.files.folder import Folder
from isomorph.files.module_folder import ModuleFolder
from isomorph.files.names import COLBERT_HEAD
from isomorph.files.schema import FLAG, OBJECT, POSITIONS, TEXT, ListOf, Schema, judge, maybe
from isomorph.model.chain import Chain
from isomorph.model.graph import Module
from isomorph.model.model import Model
from isomorph.modules import dense, multi_vector_mask, transformer
from isomorph.modules.dense import projection_module
from isomorph.modules.multi_vector_mask import TOKENS, mask_module
from isomorph.modules.normalize import normalize_module
from isomorph.modules.transformer import from_config
from isomorph.preprocess.chat_templates import refuse_template
from isomorph.preprocess.text import Text
from isomorph.read import plain, sentence_transformers
from isomorph.read.flag_embedding import token_model
from isomorph.read.inputs import read_inputs
from isomorph.read.sentence_transformers import chain
from isomorph.read.settings import FILE, read_settings

STANFORD = "HF_ColBERT"
PYLATE = "ColBERT"
OWN = "MultiVectorEncoder"
CONVERTED = ("SentenceTransformer", None)
"""Kinds whose chains say what token vectors are, but not that they are masked and normalised."""
DEFAULT_QUERY_LENGTH = 32

_LENGTHS = ("query_length", "document_length")
_PREFIXES = {"query_prefix": "query", "document_prefix": "document"}
PYLATE_SETTINGS: Schema = {
    **dict.fromkeys(_LENGTHS, maybe(POSITIONS)),
    **dict.fromkeys(_PREFIXES, maybe(TEXT)),
    "query_expansion": maybe(OBJECT),
    "do_query_expansion": maybe(FLAG),
    "attend_to_expansion_tokens": maybe(FLAG),
    "attend_to_mask_tokens": maybe(FLAG),
    "skiplist_words": maybe(ListOf(TEXT)),
}
"""PyLate's keys. One of them is enough: the folder fills up queries unless it says that it does not."""


def read(root: Path) -> Model:
    """The model in a folder; its result is ``token_embeddings``.

    Raises:
        AmbiguousHead: the folder does not say how token vectors become those that are compared.
        BadModel: a setting of an older layout cannot be what it is.
        Unsupported: texts go through a chat template.
    """
    folder = Folder(root)
    if folder.file("modules.json") is None and is_alone(folder, ""):
        read_weights(folder, "")  # from then on the folder has the settings of its base
    source = ModuleFolder("0", "", "", folder, {})
    stanford = STANFORD in (source.config("config.json").get("architectures") or ())
    if folder.file("modules.json") is None:
        if stanford:
            return _stanford(folder)
        task = _comparing(source.config("config.json"))
        if task:
            return plain.read_task(root, task, mask_module("1", "1_MultiVectorMask", []))
        if folder.file(COLBERT_HEAD) is None:
            raise _no_head(root)
        read = plain.read(root)
    else:
        read = sentence_transformers.read(root)
    if (found := token_model(read)) is not None:
        return found
    saved = ModuleFolder("0", "", "", read.files, {}).config(FILE)
    model = _with_saved(read, saved)
    kind = saved.get("model_type") or (OWN if stanford else None)
    if kind == PYLATE:
        return _masked(model, _words(saved, marked=True))
    if model.graph.outputs != TOKENS:
        raise _no_head(root)
    if kind == OWN:
        return model
    projected = any(module.kind == dense.KIND.name for module in model.graph.modules)
    if kind not in CONVERTED or not projected:
        raise _no_head(root)
    return _masked(model, _words(saved, marked=any(key in saved for key in _PREFIXES)))


def _comparing(config: Mapping[str, Any]) -> str:
    """The task for which the module of a model of pages is read; "" for a model of another kind."""
    towers, family = towers_of(config), family_of(config)
    if towers is not None and towers.task == RETRIEVAL:
        return plain.ENCODING
    seeing = family.seeing if family is not None else None
    return RETRIEVAL if seeing is not None and seeing.retrieving is not None else ""


def _no_head(root: Path) -> AmbiguousHead:
    return AmbiguousHead(
        f"{root} is not a late-interaction model: nothing in it maps token vectors to those that are "
        "compared, and a fresh projection would be random numbers."
    )


def _with_saved(model: Model, saved: Mapping[str, Any]) -> Model:
    """The model with the prompts, lengths and filling that older layouts keep in one file."""
    if not any(key in saved for key in PYLATE_SETTINGS):
        return model
    if model.routers:
        raise Unsupported(
            f"{model.folder}: {FILE} holds settings of PyLate, which has no routers; which route they "
            "are of is not said."
        )
    judge(saved, PYLATE_SETTINGS, str(model.folder / FILE))
    text = model.inputs
    if not isinstance(text, Text):
        raise Unsupported(
            f"{model.folder}: {FILE} holds settings of PyLate, and the model takes no texts."
        )
    prompts, markers = dict(model.settings.prompts), list(text.markers)
    for key, name in _PREFIXES.items():
        if key in saved:
            prefix = saved[key] or ""
            prompts[name] = prefix + (prompts.get(name) or "").removeprefix(prefix)
            markers += [prefix, *prefix.split()[:1]]
    first, *behind = model.graph.modules
    if first.kind == transformer.KIND.name:
        first = _with_settings(first, **_filling(saved))
    text = replace(text, markers=tuple(dict.fromkeys(filter(None, markers))))
    marked = model.only(Chain(chain((first, *behind), text), text))
    return replace(marked, settings=replace(model.settings, prompts=prompts))


def _filling(saved: Mapping[str, Any]) -> dict[str, Any]:
    """PyLate's settings as those of a transformer; where queries are filled up, that is their length."""
    found = {key: saved.get(key) for key in _LENGTHS}
    if "query_expansion" in saved:
        return {**found, "query_expansion": saved["query_expansion"]}
    if saved.get("do_query_expansion") is False:
        return found
    attend = saved.get("attend_to_expansion_tokens", saved.get("attend_to_mask_tokens"))
    length = found.pop("query_length") or DEFAULT_QUERY_LENGTH
    filling = {"strategy": "fixed", "length": length, "attend": bool(attend)}
    return {**found, "query_expansion": filling}


def _words(saved: Mapping[str, Any], marked: bool) -> list[str]:
    """The tokens that documents leave out: punctuation where a folder of PyLate's names none."""
    words: list[str] | None = saved.get("skiplist_words")
    if words is None:
        return list(string.punctuation) if marked else []
    return words


def _masked(model: Model, words: list[str]) -> Model:
    """The chain with the mask and the normalisation that older layouts imply."""
    modules = model.graph.modules
    if any(module.kind == multi_vector_mask.KIND.name for module in modules):
        return model
    return model.with_graph(chain((*modules, *_behind(len(modules), words)), model.inputs))


def _stanford(folder: Folder) -> Model:
    """A BERT with one projection in the same weight file, and a file of markers and lengths."""
    refuse_template(folder)
    tensors = read_weights(folder, "")
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
    projected = projection_module("1", "1_Dense", wide, narrow, TOKENS)
    words = list(string.punctuation) if saved.get("mask_punctuation", True) else []
    markers = (saved.get("query_token_id") or "[unused0]", saved.get("doc_token_id") or "[unused1]")
    modules = (encoder, projected, *_behind(2, words))
    text = read_inputs(folder, encoder)
    assert isinstance(text, Text)  # a transformer's
    text = replace(text, markers=markers)
    settings = read_settings(folder)
    prompts = {"query": f"{markers[0]} ", "document": f"{markers[1]} ", **settings.prompts}
    own = {name: tensor for name, tensor in tensors.items() if name != "linear.weight"}
    return Model.of(
        chain(modules, text),
        folder.root,
        {"0": own, "1": {"linear.weight": projection}},
        inputs=text,
        settings=replace(settings, prompts=prompts),
        files=folder,
    )


def _behind(count: int, words: list[str]) -> tuple[Module, Module]:
    """The mask and the normalisation that both older layouts imply, named by their place."""
    mask = mask_module(str(count), f"{count}_MultiVectorMask", words)
    place = count + 1
    return mask, normalize_module(str(place), f"{place}_Normalize", TOKENS)


def _with_settings(encoder: Module, **settings: Any) -> Module:
    known = {name: value for name, value in settings.items() if value is not None}
    merged = {**known, **encoder.config.get("settings", {})}  # the module's own file wins
    return replace(encoder, config={**encoder.config, "settings": merged})
