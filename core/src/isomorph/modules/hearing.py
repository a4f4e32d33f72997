"""Hearing: sounds to vectors of their positions, by the encoder of a transformers folder.

What it needs is imported where it is used: models of texts import this file, and none of that.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from isomorph.encoders.hearing.home import family_of
from isomorph.errors import BadModel, Unsupported
from isomorph.files.module_folder import ModuleFolder
from isomorph.kinds import ModuleKind
from isomorph.model.graph import Module
from isomorph.modules.types import BASE
from isomorph.primitives.builder import Ref, Weights

if TYPE_CHECKING:
    from isomorph.encoders.hearing.description import SoundEncoder
    from isomorph.preprocess.sound.sound import Sound

FORWARD = {"method": "forward", "method_output_name": "last_hidden_state"}
"""How sentence-transformers computes the same."""


def listens(config: Mapping[str, Any], settings: Mapping[str, Any]) -> bool:
    """Whether a transformers folder takes sounds and no texts, as its settings or its architecture say."""
    modalities = settings.get("modality_config")
    if modalities is None:
        return family_of(config) is not None
    alone = {"text", "message", "image", "video"}.isdisjoint(modalities)
    return isinstance(modalities, dict) and "audio" in modalities and alone


def from_config(
    source: ModuleFolder, config: Mapping[str, Any], settings: Mapping[str, Any]
) -> Module:
    """The module of a folder of which `listens` is true.

    Raises:
        Unsupported: no family has this architecture, or sounds go through another method.
        BadModel: what its files say cannot be.
    """
    from isomorph.encoders.hearing.describe import encoder_of, judge_config

    judge_config(config, f"{source.place}: config.json", source.tensors)
    way = {**FORWARD, **((settings.get("modality_config") or {}).get("audio") or {})}
    if way != FORWARD:
        raise Unsupported(
            f"{source.place}: sounds go through {way['method']}() to {way['method_output_name']!r}; "
            "forward to last_hidden_state is implemented"
        )
    encoder = encoder_of(config)
    return Module(
        "hearing",
        source.name,
        folder=source.path,
        config={"transformer": dict(config), "settings": dict(settings)},
        weights=tuple(source.tensors),
        inputs=_READS[encoder.reads],
        outputs=(settings.get("module_output_name") or "token_embeddings",),
    )


_READS = {
    "mels": ("input_features", "attention_mask"),
    "samples": ("input_values", "input_rest", "samples", "attention_mask"),
}
"""What an encoder is fed, by what it reads."""


def read(source: ModuleFolder) -> Module:
    """Nothing in ``modules.json`` names this kind: a Transformer that takes sounds is one."""
    raise BadModel(f"{source.place} is no module of its own.")


def encoder(module: Module) -> SoundEncoder:
    """The description of a module's encoder."""
    from isomorph.encoders.hearing.describe import encoder_of

    return encoder_of(module.config["transformer"])


def lower(module: Module, weights: Weights, values: Mapping[str, Ref]) -> Mapping[str, Ref]:
    """Through the description of the encoder."""
    from isomorph.encoders.hearing.lower import lower_sounds

    return {module.outputs[0]: lower_sounds(encoder(module), weights, values)}


def inputs(source: ModuleFolder, module: Module) -> Sound:
    """As the files of the feature extractor say."""
    from isomorph.modules.media.extractor import read_features
    from isomorph.preprocess.sound.sound import Sound

    features = read_features(source, module.config["transformer"], module.config["settings"])
    return Sound(features, max_length=features.longest, longest=features.longest)


def write(module: Module, before: int | None) -> Mapping[str, Any]:
    """Its settings, with what sounds go through."""
    known: Mapping[str, Any] = module.config["settings"]
    return {
        **known,
        "transformer_task": known.get("transformer_task", "feature-extraction"),
        "modality_config": known.get("modality_config") or {"audio": FORWARD},
        "module_output_name": module.outputs[0],
    }


KIND = ModuleKind(
    name="hearing",
    classes=(),
    written_as=f"{BASE}.transformer.Transformer",
    read=read,
    lower=lower,
    meaning=lambda module: {module.outputs[0]: "token_embeddings"},
    width=lambda module, before: encoder(module).hidden,
    inputs=inputs,
    write=write,
    file="sentence_bert_config.json",
    needs=("settings", "weights"),
)
