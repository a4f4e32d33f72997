"""model2vec's own layout: a table of vectors beside a ``config.json``, without ``modules.json``.

Two things differ from a StaticEmbedding that ``modules.json`` lists, as they do between the two
libraries: unknown tokens are left out, and texts are cut at 512 tokens unless the configuration says
otherwise. model2vec also cuts texts by characters before it tokenises them, as a short cut that can
drop tokens which would have fitted; here only tokens count.
"""

from __future__ import annotations

from pathlib import Path

from isomorph.files.folder import Folder
from isomorph.files.module_folder import ModuleFolder
from isomorph.files.schema import FLAG, POSITIONS, Schema, judge, maybe
from isomorph.files.weights import read_tensors
from isomorph.model.graph import Module
from isomorph.model.model import Model
from isomorph.modules import static_embedding
from isomorph.modules.normalize import normalize_module
from isomorph.preprocess.text import Text
from isomorph.read.sentence_transformers import chain
from isomorph.read.settings import read_settings

MODEL_TYPE = "model2vec"
TABLE = "embeddings"
DEFAULT_MAX_LENGTH = 512
SCHEMA: Schema = {"max_length": maybe(POSITIONS), "normalize": maybe(FLAG)}


def read(root: Path) -> Model | None:
    """The model of a folder; None where its ``config.json`` is not model2vec's.

    Raises:
        BadModel: the configuration or the weight file is damaged, or there is no table.
    """
    folder = Folder(root)
    config = ModuleFolder("0", "", "", folder, {}).config("config.json")
    if config.get("model_type") not in (None, MODEL_TYPE):
        return None
    source = ModuleFolder("0", "", "", folder, read_tensors(folder, ""))
    if "model_type" not in config and TABLE not in source.tensors:
        return None  # the library itself writes no type, only its distillation does
    judge(config, SCHEMA, f"{source.place}: config.json")
    modules: tuple[Module, ...] = (static_embedding.read(source),)
    if config.get("normalize"):
        modules = (*modules, normalize_module("1", ""))
    text = Text(
        max_length=config.get("max_length", DEFAULT_MAX_LENGTH),
        special_tokens=False,
        unknown_tokens=False,
        folder=folder,
    )
    saved = read_settings(folder)
    graph, tensors = chain(modules, text), {"0": source.tensors}
    return Model.of(graph, root, tensors, inputs=text, settings=saved, files=folder)
