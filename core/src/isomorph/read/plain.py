"""A transformers folder without ``modules.json``: an encoder, but nothing says how to pool it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from isomorph.errors import AmbiguousHead
from isomorph.model import Model
from isomorph.modules import ModuleFolder
from isomorph.modules.pooling import pooling_module
from isomorph.modules.transformer import SETTINGS_FILES, from_config
from isomorph.read.folder import Folder
from isomorph.read.sentence_transformers import chain
from isomorph.read.settings import read_settings
from isomorph.read.text import read_text
from isomorph.read.weights import read_tensors


def read(root: Path) -> Model:
    """The encoder alone; its result is ``token_embeddings``. `SentenceTransformer` adds pooling."""
    folder = Folder(root)
    source = ModuleFolder("0", "", "", folder, read_tensors(folder, ""))
    module = from_config(source, source.config("config.json"), source.config(*SETTINGS_FILES))
    graph = chain((module,))
    return Model(
        graph, root, {"0": source.tensors}, read_text(folder, module), read_settings(folder)
    )


def with_pooling(model: Model, mode: str) -> Model:
    """The model with a pooling module at its end.

    Raises:
        BadModel: an unknown mode.
    """
    encoder = model.graph.modules[-1]
    pooling = pooling_module("1", "1_Pooling", (mode,), True, None)
    return replace(model, graph=chain((encoder, pooling)))


def refuse_to_guess(root: Path) -> AmbiguousHead:
    """The error for a model whose pooling is nowhere written down."""
    return AmbiguousHead(
        f"{root} has no modules.json, so it does not say how token vectors are pooled. Say it: "
        "SentenceTransformer(..., pooling='mean'), or 'cls', 'max', 'lasttoken', … ."
    )
