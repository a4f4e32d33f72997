"""Towers: what a Transformer is that takes other inputs than texts, alone or beside texts.

What they need is imported where it is used: a tower of texts needs nothing of images and sounds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from isomorph.encoders.towers import options_of, towers_of
from isomorph.errors import BadModel, Unsupported
from isomorph.files.module_folder import ModuleFolder
from isomorph.kinds import ModuleKind
from isomorph.model.graph import Module
from isomorph.modules.processing import PROCESSING
from isomorph.modules.tokenizer import TOKENIZER_SETTINGS, tokenizer_text
from isomorph.modules.types import BASE, historical
from isomorph.preprocess.protocol import Inputs
from isomorph.preprocess.text import Text
from isomorph.primitives.builder import Ref, Weights

if TYPE_CHECKING:
    from isomorph.encoders.tower import Tower, TowerFamily
    from isomorph.preprocess.pixels.processor import Processor
    from isomorph.preprocess.sound.decibels import Decibels

SETTINGS_FILE = "sentence_bert_config.json"
TEXT, IMAGE, AUDIO = "text", "image", "audio"


def read(source: ModuleFolder) -> Module:
    """Reads a module of the old class that is towers by its name; its settings are those of its family."""
    settings = source.config(SETTINGS_FILE)
    config = source.config("config.json")
    family = towers_of(config)
    if family is None:
        raise Unsupported(f"{source.place}: no family of towers has {_type(config)}.")
    return from_config(source, config, settings, family)


def from_config(
    source: ModuleFolder,
    config: Mapping[str, Any],
    settings: Mapping[str, Any],
    family: TowerFamily,
) -> Module:
    """The module of a transformers folder whose ``config.json`` is of a family of towers.

    Raises:
        Unsupported: the settings ask for what the family does not have.
        BadModel: what the files say cannot be.
    """
    from isomorph.modules.media.modalities import KEY, read_ways, taken
    from isomorph.modules.media.tower_text import refuse_processing

    config = family.settled(config)
    family.judge(config, f"{source.place}: config.json")
    if settings.get("transformer_task", family.task) != family.task:
        raise Unsupported(
            f"{source.place} is for {settings['transformer_task']}; of {_type(config)} this version has "
            f"{family.task}."
        )
    refuse_processing(settings, source.place)
    modalities = taken(family, read_ways(settings, source.place), source.place)
    if not modalities:
        raise BadModel(f"{source.place}: {KEY} names no modality.")
    if AUDIO in modalities:
        settings = _with_filling(source, settings)
    shared = {
        "transformer": dict(config),
        "settings": dict(settings),
        "modalities": modalities,
        "task": family.task,
    }
    made = Module(
        "tower",
        source.name,
        folder=source.path,
        config=shared,
        weights=tuple(source.tensors),
    )
    return _of(made, modalities[0], source)


def branches(source: ModuleFolder, module: Module) -> Mapping[str, Module]:
    """The module for inputs of each modality that it takes; all of them read the same file of weights."""
    return {name: _of(module, name, source) for name in module.config["modalities"]}


def _of(module: Module, modality: str, source: ModuleFolder) -> Module:
    """The module for one modality."""
    config: Mapping[str, Any] = module.config["transformer"]
    tower = _tower(config, modality)
    size: tuple[int, ...] = ()
    if modality == IMAGE:
        size = _processor(source, module).size
    elif modality == AUDIO:
        size = _spectra(source, module).size_fed
    result = module.config["settings"].get("module_output_name") or tower.result
    return replace(
        module,
        config={
            **module.config,
            "modality": modality,
            "way": (tower.way.method, tower.way.output),
            "last": tower.last,
            "aside": tower.aside,
            "made": tower.made,
            "zeros": tower.zeros,
            "size": size,
        },
        inputs=tower.feeds(options_of(config, tower.options)),
        outputs=(result,),
    )


def _with_filling(source: ModuleFolder, settings: Mapping[str, Any]) -> Mapping[str, Any]:
    """The settings with how short sounds are filled up, which another place of the folder may say."""
    from isomorph.modules.media.extractor import read_decibels

    processing = settings.get(PROCESSING) or {}
    audio = processing.get(AUDIO) or {}
    filling = read_decibels(source, audio).filling
    return {**settings, PROCESSING: {**processing, AUDIO: {**audio, "padding": filling}}}


def _spectra(source: ModuleFolder, module: Module) -> Decibels:
    """What the tower of sounds is fed."""
    from isomorph.modules.media.extractor import read_decibels

    processing = module.config["settings"].get(PROCESSING) or {}
    return read_decibels(source, processing.get(AUDIO) or {})


def _processor(source: ModuleFolder, module: Module) -> Processor:
    """What becomes of images."""
    from isomorph.modules.media.tower_text import asked_of_images
    from isomorph.preprocess.pixels.processors import read_processor

    default = _family(module.config["transformer"]).processor
    return read_processor(source, default, asked_of_images(module.config["settings"]))


def _family(config: Mapping[str, Any]) -> TowerFamily:
    family = towers_of(config)
    assert family is not None
    return family


def _tower(config: Mapping[str, Any], modality: str) -> Tower:
    return _family(config).towers[modality]


def _own(module: Module) -> Tower:
    return _tower(module.config["transformer"], module.config["modality"])


def _type(config: Mapping[str, Any]) -> str:
    return f"model_type {config.get('model_type')!r}"


def lower(module: Module, weights: Weights, values: Mapping[str, Ref]) -> Mapping[str, Ref]:
    """Through the description of the tower of its modality.

    Raises:
        BadModel: a tensor is missing or has another shape.
    """
    config: Mapping[str, Any] = module.config["transformer"]
    result = _own(module).lower(config, tuple(module.config["size"]), weights, values)
    return {module.outputs[0]: result}


def inputs(source: ModuleFolder, module: Module) -> Inputs:
    """As the files of the tokenizer, or those of the image processor, say."""
    from isomorph.modules.media.tower_text import refuse_processing

    config: Mapping[str, Any] = module.config["transformer"]
    refuse_processing(module.config["settings"], source.place)  # a call may have changed them
    family, modality = _family(config), module.config["modality"]
    tower = family.towers[modality]
    if modality == AUDIO:
        from isomorph.preprocess.sound.sound import Sound

        heard = _spectra(source, module)
        return Sound(heard, max_length=heard.longest, longest=heard.longest)
    from isomorph.modules.media.written import pages, queries
    from isomorph.preprocess.pixels.inputs import Images

    if modality == TEXT:
        text = _text(source, module)
        return text if family.writing is None else queries(source, config, family.writing, text)
    images = Images(_processor(source, module), **tower.fed(config))
    if family.writing is None:
        return images
    return pages(source, config, family.writing, _text(source, module), images)


def _text(source: ModuleFolder, module: Module) -> Text:
    """How the tokenizer's files and the tower want texts."""
    from isomorph.modules.media.tower_text import tower_text

    config: Mapping[str, Any] = module.config["transformer"]
    settings: Mapping[str, Any] = module.config["settings"]
    tower = _own(module)
    own = {**config, **options_of(config, tower.options), "model_type": config["model_type"]}
    return tower_text(tokenizer_text(source, settings, own), source, settings, tower, config)


def width(module: Module, before: int | None) -> int | None:
    """Features of its vectors."""
    return _own(module).width(module.config["transformer"])


def write(module: Module, before: int | None) -> Mapping[str, Any]:
    """Its settings, with what each modality goes through."""
    from isomorph.modules.media.modalities import KEY, written_ways

    towers = _family(module.config["transformer"]).towers
    ways = {name: towers[name].way for name in module.config["modalities"]}
    settings = {
        "transformer_task": module.config["task"],
        **module.config["settings"],
        KEY: written_ways(ways),
        "module_output_name": module.outputs[0],
    }
    return {name: value for name, value in settings.items() if value is not None}


def truncated_at(length: int | None, text: Inputs) -> Mapping[str, Mapping[str, Any]]:
    """The keys for another length of texts: in the module's own settings, and in the tokenizer's."""
    if text.modality != TEXT:
        return {}
    return {
        SETTINGS_FILE: {"max_seq_length": length},
        TOKENIZER_SETTINGS: {"model_max_length": length},
    }


KIND = ModuleKind(
    name="tower",
    classes=historical("CLIPModel"),
    written_as=historical("Transformer", home=BASE)[0],
    read=read,
    lower=lower,
    meaning=lambda module: {module.outputs[0]: _own(module).result},
    width=width,
    inputs=inputs,
    branches=branches,
    write=write,
    file=SETTINGS_FILE,
    truncated_at=truncated_at,
    needs=("settings", "weights"),
    settings=(SETTINGS_FILE,),
)
