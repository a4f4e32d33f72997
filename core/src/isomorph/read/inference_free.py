"""Folders of inference-free sparse models from before they had ``modules.json``.

Beside a masked language model for documents lies ``idf.json``, the weight of each token in a query
(arXiv:2411.04403, section 3; their authors' cards give the code). Later revisions of the same repositories
list a Router over both, and this is that model.
"""

from __future__ import annotations

from isomorph.files.module_folder import ModuleFolder
from isomorph.model.chain import Chain
from isomorph.model.model import Model
from isomorph.model.routes import Route, Router
from isomorph.modules import sparse_static_embedding
from isomorph.plugins.table import kind_named
from isomorph.read.inputs import read_inputs
from isomorph.read.plain import read_splade
from isomorph.read.sentence_transformers import chain

WEIGHTS = "idf.json"
QUERY, DOCUMENT = "query", "document"


def inference_free(model: Model) -> Model | None:
    """The model of two routes; None where a list of modules says what the folder is, or it has no such file.

    Documents go through the chain of `model` where that is sparse.

    Raises:
        UnknownFormat: documents have no masked language model.
        BadModel: the file does not weigh tokens of the vocabulary.
    """
    listed = model.files.file("modules.json") is not None
    if listed or model.routers or model.files.file(WEIGHTS) is None:
        return None
    sparse = any(kind_named(module.kind).sparse for module in model.graph.modules)
    documents = model if sparse else read_splade(model.folder)
    place = ModuleFolder(QUERY, "", "", documents.files, {})
    words = sparse_static_embedding.weighing(place, WEIGHTS)
    text = read_inputs(documents.files, words)
    queries = Chain(chain((words,), text), text)
    chains: dict[Route, Chain] = {(DOCUMENT,): documents.chain, (QUERY,): queries}
    router = Router((QUERY, DOCUMENT), default=DOCUMENT)
    return Model(
        chains,
        model.folder,
        {**documents.tensors, words.name: {}},
        documents.settings,
        (router,),
        files=documents.files,
    )
