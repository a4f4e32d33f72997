"""Transformer: token ids to token vectors, to scores of labels, or to scores of words."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

from isomorph import limits
from isomorph.encoders import Encoder, describe, judge_config, lower_encoder
from isomorph.encoders.consistency import check_bytes
from isomorph.encoders.heads import (
    describe_causal_lm,
    describe_classifier,
    describe_masked_lm,
    lower_causal_lm,
    lower_classifier,
    lower_masked_lm,
)
from isomorph.errors import BadModel, Unsupported
from isomorph.graph import Module
from isomorph.modules.operation import ModuleFolder, Operation
from isomorph.modules.types import historical
from isomorph.program import ops
from isomorph.program.builder import Ref, Stack, Weights
from isomorph.schema import FLAG, OBJECT, TEXT, MapOf, Schema, Whole, judge, maybe

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

_LENGTH = maybe(Whole(0, limits.POSITIONS))
SETTINGS: Schema = {
    "transformer_task": TEXT,
    "max_seq_length": _LENGTH,
    "query_length": _LENGTH,
    "document_length": _LENGTH,
    "query_expansion": maybe(OBJECT),
    "do_lower_case": maybe(FLAG),
    "modality_config": maybe(MapOf(maybe(OBJECT))),
    "module_output_name": maybe(TEXT),
    "processing_kwargs": maybe(OBJECT),
}

PICKLED = "pytorch_model*.bin"
"""The names of weights that only a backend reads which unpickles."""

TASKS = {
    "feature-extraction": ("token_embeddings", "last_hidden_state"),
    "sequence-classification": ("scores", "logits"),
    "fill-mask": ("token_embeddings", "logits"),
    "text-generation": ("causal_logits", "logits"),
}
"""What each task writes: our name of it, and transformers'."""


def read(source: ModuleFolder) -> Module:
    """Reads the module's settings and transformers' ``config.json`` from one folder."""
    settings = source.config(*SETTINGS_FILES)
    if source.type.endswith(".MLMTransformer"):  # a class of its own before there were tasks
        settings = {"transformer_task": "fill-mask", **settings}
    return from_config(source, source.config("config.json"), settings)


def from_config(
    source: ModuleFolder, config: Mapping[str, Any], settings: Mapping[str, Any]
) -> Module:
    """The module of a transformers folder with this ``config.json``.

    Raises:
        Unsupported: the settings name a task that is not implemented, or a chat template.
        BadModel: there is no ``config.json``, or what it or the settings say cannot be.
    """
    judge(settings, SETTINGS, f"{source.place}: {SETTINGS_FILES[0]}")
    task = settings.get("transformer_task", "feature-extraction")
    if task not in TASKS:
        raise Unsupported(f"Transformer task {task!r}; this version runs {', '.join(TASKS)}.")
    if "message" in (settings.get("modality_config") or {}):
        raise Unsupported(
            f"{source.folder.root} sends every text through a chat template, which this version does not "
            "render: the vectors would be those of other texts."
        )
    if not config:
        raise BadModel(
            f"{source.place}: there is no config.json of a transformer, or it is empty. The folder is not "
            "a complete copy of the model: download or copy it again."
        )
    judge_config(config, f"{source.place}: config.json", source.tensors)
    outputs: tuple[str, ...] = (settings.get("module_output_name") or TASKS[task][0],)
    if config.get("output_hidden_states"):
        outputs = (*outputs, "all_layer_embeddings")
    inputs: tuple[str, ...] = ("input_ids", "attention_mask")
    try:
        encoder = describe(config)
        if not source.tensors:
            _check_pickled(source, encoder)
        if encoder.token_types:
            inputs = (*inputs, "token_type_ids")
    except Unsupported:
        pass  # no family: a backend with model code of its own decides about token types
    return Module(
        "transformer",
        source.name,
        source.path,
        {"transformer": dict(config), "settings": dict(settings), "task": task},
        tuple(source.tensors),
        inputs,
        outputs,
    )


def _check_pickled(source: ModuleFolder, encoder: Encoder) -> None:
    """Pickled weights are not opened here, but what they can hold at most is known."""
    place = source.folder.sub(source.path)
    files = [place.path(name) for name in place.names() if fnmatchcase(name, PICKLED)]
    if files:
        stored = sum(file.stat().st_size for file in files)
        check_bytes(encoder, stored, f"{source.place}: config.json")


def lower(module: Module, weights: Weights, values: Mapping[str, Ref]) -> Mapping[str, Ref]:
    """Through the descriptions of the encoder and of the head that the task asks for.

    Raises:
        Unsupported: no family has this architecture or head, or texts do not simply go through its
            forward.
    """
    config, task = module.config["transformer"], module.config.get("task", "feature-extraction")
    _refuse_other_methods(module.config.get("settings", {}), TASKS[task][1])
    encoder = describe(config)
    states = lower_encoder(encoder, weights, values)
    result = states[-1]
    if task == "sequence-classification":
        head = describe_classifier(config)
        result = lower_classifier(head, encoder, weights, result, values)
    elif task == "fill-mask":
        result = lower_masked_lm(describe_masked_lm(config), encoder, weights, result)
    elif task == "text-generation":
        result = lower_causal_lm(describe_causal_lm(config), encoder, weights, result)
    written = {module.outputs[0]: result}
    if "all_layer_embeddings" in module.outputs:
        joined = ops.concat([ops.unsqueeze(state, 0) for state in states], axis=0)
        written["all_layer_embeddings"] = Stack(joined, len(states))
    return written


def _refuse_other_methods(settings: Mapping[str, Any], own: str) -> None:
    """Settings may send texts through another method of the model, or take another of its outputs."""
    text = (settings.get("modality_config") or {}).get("text") or {}
    method = text.get("method", "forward")
    output = text.get("method_output_name", own)
    if method != "forward" or output not in (own, [own]):
        raise Unsupported(
            f"texts go through {method}() to {output!r}; forward to {own} is implemented"
        )


_TYPES = historical("Transformer") + historical(
    "MLMTransformer",
    "sentence_transformers.sparse_encoder.models.mlm_transformer.MLMTransformer",
    "sentence_transformers.sparse_encoder.modules.mlm_transformer.MLMTransformer",
)

OPERATION = Operation("transformer", _TYPES, read, lower)
