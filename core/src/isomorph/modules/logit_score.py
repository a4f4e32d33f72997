"""LogitScore: a language model's word for "yes", or how far it lies above "no", as the score of a pair."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from isomorph.files.module_folder import ModuleFolder
from isomorph.files.schema import TEXT, TOKEN, Schema, maybe
from isomorph.kinds import ModuleKind
from isomorph.model.graph import Module
from isomorph.modules.types import PAIRS, historical
from isomorph.primitives import ops
from isomorph.primitives.builder import Ref, Weights
from isomorph.primitives.projection import Projection

SCHEMA: Schema = {
    "true_token_id": TOKEN,
    "false_token_id": maybe(TOKEN),
    "module_input_name": maybe(TEXT),
}


def read(source: ModuleFolder) -> Module:
    """Reads the ids of the two words, and which scores they are looked up in.

    Raises:
        BadModel: there is no id of a word.
    """
    config = source.settings(SCHEMA, "config.json", needed=("true_token_id",))
    reads = config.get("module_input_name") or "causal_logits"
    true, false = config["true_token_id"], config.get("false_token_id")
    return logit_score(source.name, source.path, true, false, reads)


def logit_score(
    name: str, folder: str, true: int, false: int | None, reads: str = "causal_logits"
) -> Module:
    """The score of word `true` at the last token, less that of word `false` where there is one."""
    config = {"true_token_id": true, "false_token_id": false}
    return Module(
        "logit_score",
        name,
        folder=folder,
        config=config,
        inputs=(reads, "attention_mask"),
        outputs=("scores",),
    )


def lower(module: Module, weights: Weights, values: Mapping[str, Ref]) -> Mapping[str, Ref]:
    """Scores (B, T, V), of which no more than two words at one position are computed -> (B, 1)."""
    scores, config = values[module.inputs[0]], module.config
    last = _last(values["attention_mask"])
    found = _word(scores, last, config["true_token_id"])
    if config["false_token_id"] is not None:
        found = found - _word(scores, last, config["false_token_id"])
    return {"scores": found}


def _last(mask: Ref) -> Ref:
    """The last real position of each row, wherever padding is."""
    one = mask.builder.constant(np.array([1]))
    return ops.argmax(mask * ops.unsqueeze(ops.arange(mask, axis=1) + one, 0), axis=1)


def _word(scores: Ref, last: Ref, index: int) -> Ref:
    if isinstance(scores, Projection):
        return scores.word(index, ops.take(scores.x, last))
    row = ops.take(scores, last)
    nothing = last.builder.constant(np.array([0]))
    column = last * nothing + last.builder.constant(np.array([index]))
    return ops.gather_elements(row, ops.unsqueeze(column, 1))


def write(module: Module, width: int | None) -> Mapping[str, Any]:
    """The ids of the two words, and the name of the scores."""
    return {**module.config, "module_input_name": module.inputs[0]}


KIND = ModuleKind(
    name="logit_score",
    classes=historical("LogitScore", home=PAIRS),
    read=read,
    lower=lower,
    width=lambda module, width: 1,
    write=write,
)
