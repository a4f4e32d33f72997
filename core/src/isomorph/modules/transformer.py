"""Transformer: token ids to token vectors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from isomorph.encoders import describe, lower_encoder
from isomorph.errors import BadModel, Unsupported
from isomorph.graph import Module
from isomorph.modules.operation import ModuleFolder, Operation
from isomorph.modules.types import historical
from isomorph.program import ops
from isomorph.program.builder import Ref, Weights

SETTINGS_FILES = (
    "sentence_bert_config.json",
    "sentence_roberta_config.json",
    "sentence_distilbert_config.json",
    "sentence_camembert_config.json",
    "sentence_albert_config.json",
    "sentence_xlm-roberta_config.json",
    "sentence_xlnet_config.json",
)
"""Names under which the module's own settings have been saved, in the order of the look-up."""


def read(source: ModuleFolder) -> Module:
    """Reads the module's settings and transformers' ``config.json`` from one folder."""
    settings = source.config(*SETTINGS_FILES)
    task = settings.get("transformer_task", "feature-extraction")
    if task != "feature-extraction":
        raise Unsupported(f"Transformer task {task!r}; this version runs 'feature-extraction'.")
    return from_config(source, source.config("config.json"), settings)


def from_config(
    source: ModuleFolder, config: Mapping[str, Any], settings: Mapping[str, Any]
) -> Module:
    """The module of a transformers folder with this ``config.json``."""
    if not config:
        raise BadModel(f"{source.folder.path(source.path)} holds no config.json of a transformer.")
    outputs: tuple[str, ...] = (settings.get("module_output_name") or "token_embeddings",)
    if config.get("output_hidden_states"):
        outputs = (*outputs, "all_layer_embeddings")
    inputs: tuple[str, ...] = ("input_ids", "attention_mask")
    try:
        if describe(config).token_types:
            inputs = (*inputs, "token_type_ids")
    except Unsupported:
        pass  # no family: a backend with model code of its own decides about token types
    return Module(
        "transformer",
        source.name,
        source.path,
        {"transformer": dict(config), "settings": dict(settings)},
        tuple(source.tensors),
        inputs,
        outputs,
    )


def lower(module: Module, weights: Weights, values: Mapping[str, Ref]) -> Mapping[str, Ref]:
    """Through the encoder's description.

    Raises:
        Unsupported: no family has this architecture, or texts do not simply go through its forward.
    """
    _refuse_other_methods(module.config.get("settings", {}))
    states = lower_encoder(describe(module.config["transformer"]), weights, values)
    written = {module.outputs[0]: states[-1]}
    if "all_layer_embeddings" in module.outputs:
        written["all_layer_embeddings"] = ops.concat(
            [ops.unsqueeze(state, 0) for state in states], axis=0
        )
    return written


def _refuse_other_methods(settings: Mapping[str, Any]) -> None:
    """Settings may send texts through another method of the model, or take another of its outputs."""
    text = (settings.get("modality_config") or {}).get("text") or {}
    method = text.get("method", "forward")
    output = text.get("method_output_name", "last_hidden_state")
    if method != "forward" or output not in ("last_hidden_state", ["last_hidden_state"]):
        raise Unsupported(
            f"texts go through {method}() to {output!r}; forward to last_hidden_state is implemented"
        )


OPERATION = Operation("transformer", historical("Transformer"), read, lower)
