"""HierarchicalTokenPooling: fewer vectors a text. Says it as data; core clusters the rows.

The number of rows differs from text to text, so no engine computes this: the module passes its input
on, and `isomorph.postprocess.token_pooling` clusters the rows of each text in the result.
"""

from __future__ import annotations

from collections.abc import Mapping

from isomorph.files import limits
from isomorph.files.module_folder import ModuleFolder
from isomorph.files.schema import FLAG, Number, Schema, Whole
from isomorph.kinds import ModuleKind, unchanged
from isomorph.model.graph import Module
from isomorph.modules.multi_vector_mask import TASKS, TOKENS, tasks_of
from isomorph.modules.types import MULTI, historical
from isomorph.primitives.builder import Ref, Weights

SCHEMA: Schema = {
    "pool_factor": Number(1, limits.POSITIONS, closed=True),
    "num_protected_tokens": Whole(0, limits.POSITIONS),
    "normalize_embeddings": FLAG,
    "tasks": TASKS,
}


def read(source: ModuleFolder) -> Module:
    """Reads the factor, the protected rows, whether vectors are normalised, and the tasks.

    Files from before normalisation was an option have no key for it, and did none.
    """
    config = source.settings(SCHEMA, "config.json")
    settings = {
        "pool_factor": float(config.get("pool_factor", 1)),
        "num_protected_tokens": config.get("num_protected_tokens", 1),
        "normalize_embeddings": config.get("normalize_embeddings", False),
        "tasks": tasks_of(config.get("tasks")),
    }
    return Module(
        "token_pooling",
        source.name,
        folder=source.path,
        config=settings,
        inputs=TOKENS,
        outputs=TOKENS,
    )


def lower(module: Module, weights: Weights, values: Mapping[str, Ref]) -> Mapping[str, Ref]:
    """Passes the token vectors on."""
    return {"token_embeddings": values["token_embeddings"]}


KIND = ModuleKind(
    name="token_pooling",
    classes=historical("HierarchicalTokenPooling", home=MULTI, file="token_pooling"),
    read=read,
    lower=lower,
    width=unchanged,
    pools=lambda module: module.config,
)
