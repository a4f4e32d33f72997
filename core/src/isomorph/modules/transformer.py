"""Transformer: token ids to token vectors, to scores of labels, or to scores of words."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

from isomorph.encoders import describe, judge_config, lower_encoder, seeing_of, text_options
from isomorph.encoders.description import Encoder, Linear
from isomorph.encoders.heads.layouts import labels
from isomorph.encoders.towers import towers_of
from isomorph.errors import BadModel, Unsupported
from isomorph.files import limits
from isomorph.files.module_folder import ModuleFolder
from isomorph.files.names import ADAPTER
from isomorph.files.schema import FLAG, OBJECT, TEXT, MapOf, Schema, Whole, judge, maybe
from isomorph.files.weights import SINGLE
from isomorph.kinds import ModuleKind
from isomorph.model.graph import Module
from isomorph.modules import hearing
from isomorph.modules.own_code import refuse_marked, telling_of_code
from isomorph.modules.processing import PROCESSING, cut_by
from isomorph.modules.tokenizer import TOKENIZER_SETTINGS, tokenizer_text
from isomorph.modules.types import BASE, OLD_SPARSE, SPARSE, historical
from isomorph.preprocess.messages.reading import read_chat
from isomorph.preprocess.protocol import Inputs
from isomorph.preprocess.token_types import gives_token_types
from isomorph.primitives import ops
from isomorph.primitives.builder import Ref, Stack, Weights

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

OF_TASK = "of_task"
"""The key of a module's configuration under which stands the task whose adapter is in its weights."""

TEXT_ALONE = "text"
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
    PROCESSING: maybe(OBJECT),
}

TASKS = {
    "feature-extraction": ("token_embeddings", "last_hidden_state"),
    "sequence-classification": ("scores", "logits"),
    "fill-mask": ("token_embeddings", "logits"),
    "text-generation": ("causal_logits", "logits"),
    "any-to-any": ("causal_logits", "logits"),
    "retrieval": ("token_embeddings", "embeddings"),
}
"""What each task writes: our name of it, and transformers'."""
CLASSIFYING = "sequence-classification"
GENERATING = ("text-generation", "any-to-any")
"""Tasks of language models; the second is that of those that take more than texts."""
OF_IMAGES = ("any-to-any", "retrieval")
"""Tasks of models that take images among words."""


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
        Unsupported: the settings name a task that is not implemented, or no texts.
        BadModel: there is no ``config.json``, or what it or the settings say cannot be.
    """
    judge(settings, SETTINGS, f"{source.place}: {SETTINGS_FILES[0]}")
    family = towers_of(config)
    if family is not None:
        from isomorph.modules import tower

        return tower.from_config(source, config, settings, family)
    if hearing.listens(config, settings):
        return hearing.from_config(source, config, settings)
    task = settings.get("transformer_task", "feature-extraction")
    if task not in TASKS:
        raise Unsupported(f"Transformer task {task!r}; this version runs {', '.join(TASKS)}.")
    _refuse_modalities(source, settings)
    if not config:
        raise BadModel(
            f"{source.place}: there is no config.json of a transformer, or it is empty. The folder is not "
            "a complete copy of the model: download or copy it again."
        )
    _refuse_sight(config, task)
    with telling_of_code(config, task):
        judge_config(config, f"{source.place}: config.json", source.tensors)
        typed = _reads_types(source, config, task)
    named = config.get("transformers_weights")
    if named not in (None, SINGLE):
        raise Unsupported(
            f"{source.place}: config.json names {named!r} for the weights, and this version reads {SINGLE} "
            "or the shards of its index."
        )
    outputs: tuple[str, ...] = (settings.get("module_output_name") or TASKS[task][0],)
    if config.get("output_hidden_states"):
        outputs = (*outputs, "all_layer_embeddings")
    inputs: tuple[str, ...] = ("input_ids", "attention_mask")
    if typed:
        inputs = (*inputs, "token_type_ids")
    return Module(
        "transformer",
        source.name,
        folder=source.path,
        config={
            "transformer": dict(config),
            "settings": dict(settings),
            "task": task,
            "adapted": source.folder.file(source.path, ADAPTER) is not None,
        },
        weights=tuple(source.tensors),
        inputs=inputs,
        outputs=outputs,
    )


def _reads_types(source: ModuleFolder, config: Mapping[str, Any], task: str) -> bool:
    """Whether token types make a difference; without a family those of pairs, which a tokenizer may give."""
    try:
        encoder = describe(config, task == CLASSIFYING)
    except Unsupported:
        if task != CLASSIFYING:
            return False  # a single text has one type, which models take for granted
        return gives_token_types(source.config("tokenizer_config.json"), config)
    return encoder.token_types


def _refuse_modalities(source: ModuleFolder, settings: Mapping[str, Any]) -> None:
    """Settings without a ``modality_config`` are those of texts, which go as they are.

    Where messages are listed, texts become messages (`isomorph.preprocess.messages`).
    """
    if "modality_config" not in settings:
        return
    modalities, root = settings["modality_config"], source.folder.root
    if not isinstance(modalities, dict) or not all(
        isinstance(entry, dict) for entry in modalities.values()
    ):
        raise BadModel(f"{root}: modality_config must map modalities to objects.")
    if "text" not in modalities and "message" not in modalities:
        raise Unsupported(
            f"{root} takes {', '.join(modalities) or 'nothing'} and no texts, says its modality_config, and "
            f"its model_type {source.config('config.json').get('model_type')!r} is none known for that."
        )


def lower(module: Module, weights: Weights, values: Mapping[str, Ref]) -> Mapping[str, Ref]:
    """Through the descriptions of the encoder and of the head that the task asks for.

    Raises:
        Unsupported: no family has this architecture or head, texts do not simply go through its forward,
            or a class of the folder's computes it.
        BadModel: a tensor is missing or has another shape.
    """
    refuse_marked(module)
    config, task = module.config["transformer"], module.config.get("task", "feature-extraction")
    with telling_of_code(config, task):
        return _lowered(module, weights, values)


def _refuse_sight(config: Mapping[str, Any], task: str) -> None:
    """Refuses tasks of models that see for one that does not."""
    if task in OF_IMAGES and seeing_of(config) is None:
        raise Unsupported(
            f"Transformer task {task!r} is for models that take images, and model_type "
            f"{config.get('model_type')!r} takes none here."
        )


def _lowered(module: Module, weights: Weights, values: Mapping[str, Ref]) -> Mapping[str, Ref]:
    config, task = module.config["transformer"], module.config.get("task", "feature-extraction")
    _refuse_other_methods(module.config.get("settings", {}), TASKS[task][1])
    encoder, seen = describe(config, task == CLASSIFYING), None
    seeing = seeing_of(config)
    if seeing is not None and "modality" in module.config:
        encoder, seen = seeing.text(config), seeing.lower(config, weights, values)
    states = lower_encoder(encoder, weights, values, seen)
    result = states[-1]
    if task != "feature-extraction":
        result = _headed(task, config, encoder, weights, result, values)
    written = {module.outputs[0]: result}
    if "all_layer_embeddings" in module.outputs:
        joined = ops.concat([ops.unsqueeze(state, 0) for state in states], axis=0)
        written["all_layer_embeddings"] = Stack(joined, len(states))
    return written


def _headed(
    task: str,
    config: Mapping[str, Any],
    encoder: Encoder,
    weights: Weights,
    states: Ref,
    values: Mapping[str, Ref],
) -> Ref:
    """What the head of a task makes of the last hidden states; encoders alone need none of it."""
    from isomorph.encoders.heads import describe as heads
    from isomorph.encoders.heads import lower as lowered

    if task == CLASSIFYING:
        head = heads.describe_classifier(config)
        return lowered.lower_classifier(head, encoder, weights, states, values)
    if task == "fill-mask":
        return lowered.lower_masked_lm(heads.describe_masked_lm(config), encoder, weights, states)
    if task == "retrieval":
        return lowered.lower_compared(_head_of_pages(config), encoder, weights, states)
    return lowered.lower_causal_lm(heads.describe_causal_lm(config), encoder, weights, states)


def _head_of_pages(config: Mapping[str, Any]) -> Linear:
    from isomorph.modules.media.sight import head_of_pages  # models of texts need none of it

    return head_of_pages(config)


def _refuse_other_methods(settings: Mapping[str, Any], own: str) -> None:
    """Settings may send texts through another method of the model, or take another of its outputs."""
    modalities = settings.get("modality_config") or {}
    text = modalities.get("message") or modalities.get("text") or {}
    method = text.get("method", "forward")
    output = text.get("method_output_name", own)
    if method != "forward" or output not in (own, [own]):
        raise Unsupported(
            f"texts go through {method}() to {output!r}; forward to {own} is implemented"
        )


_TYPES = historical("Transformer", home=BASE) + historical(
    "MLMTransformer",
    f"{OLD_SPARSE}.mlm_transformer.MLMTransformer",
    f"{SPARSE}.mlm_transformer.MLMTransformer",
)


def branches(source: ModuleFolder, module: Module) -> Mapping[str, Module]:
    """The module for texts, and for what holds images where it takes them; both read the same weights."""
    seeing = seeing_of(module.config["transformer"])
    if seeing is None:
        return {TEXT_ALONE: module}
    from isomorph.modules.media.sight import spoken_branches  # models of texts need none of it

    return {TEXT_ALONE: module, **spoken_branches(source, module, seeing)}


def inputs(source: ModuleFolder, module: Module) -> Inputs:
    """As the tokenizer's files and both configurations say, and of images those of their processor."""
    settings: Mapping[str, Any] = module.config.get("settings", {})
    config: Mapping[str, Any] = module.config["transformer"]
    text = tokenizer_text(source, settings, text_options(config))
    seeing = seeing_of(config)
    text = replace(text, chat=read_chat(source, settings, config, sees=seeing is not None))
    cut = cut_by(settings.get(PROCESSING) or {}, source.place)
    if cut is not None:
        text = replace(text, max_length=cut if text.longest is None else min(cut, text.longest))
    if seeing is None:
        return text
    from isomorph.modules.media.sight import seen_inputs  # models of texts need none of it

    return seen_inputs(source, module, text, seeing)


_WIDTHS = ("hidden_size", "d_model", "dim", "n_embd", "emb_dim")
"""What models without a family call the width of their token vectors."""


def width(module: Module, before: int | None) -> int | None:
    """Features of a token vector, words, or labels: what its task writes."""
    config, task = module.config["transformer"], module.config.get("task", "feature-extraction")
    if task == CLASSIFYING:
        from isomorph.encoders.heads.describe import describe_classifier

        with suppress(Unsupported):
            return describe_classifier(config).output.outputs
        return labels(config)
    if task == "retrieval":
        return _head_of_pages(config).outputs
    if task in ("fill-mask", *GENERATING):
        return int(text_options(config).get("vocab_size", 0)) or None
    with suppress(Unsupported):
        return describe(config).hidden
    return next((int(config[name]) for name in _WIDTHS if config.get(name)), None)


def words(module: Module) -> int:
    """Rows of the table of words."""
    config = module.config["transformer"]
    with suppress(Unsupported):
        return describe(config).embeddings.vocabulary
    return int(text_options(config)["vocab_size"])


def write(module: Module, before: int | None) -> Mapping[str, Any]:
    """Its settings with the task and the name of its result, and what each modality goes through."""
    task = module.config.get("task", "feature-extraction")
    text = {"method": "forward", "method_output_name": TASKS[task][1]}
    known: Mapping[str, Any] = module.config.get("settings", {})
    modalities = known.get("modality_config") or {"text": {}}
    settings = {
        **known,
        "modality_config": {name: {**text, **entry} for name, entry in modalities.items()},
        "transformer_task": task,
        "module_output_name": module.outputs[0],
    }
    return {name: value for name, value in settings.items() if value is not None}


def meaning(module: Module) -> Mapping[str, str]:
    """Its result may have a name of its own."""
    return {module.outputs[0]: TASKS[module.config.get("task", "feature-extraction")][0]}


def truncated_at(length: int | None, text: Inputs) -> Mapping[str, Mapping[str, Any]]:
    """The keys for another length: in the module's own settings, and in those of the tokenizer."""
    return {
        SETTINGS_FILES[0]: {"max_seq_length": length},
        TOKENIZER_SETTINGS: {"model_max_length": length},
    }


KIND = ModuleKind(
    name="transformer",
    classes=_TYPES,
    read=read,
    lower=lower,
    meaning=meaning,
    width=width,
    inputs=inputs,
    exported=True,
    branches=branches,
    ids=words,
    write=write,
    file=SETTINGS_FILES[0],
    truncated_at=truncated_at,
    needs=("settings", "weights", "tokenizer"),
    settings=SETTINGS_FILES,
)
