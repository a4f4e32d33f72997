"""Tiny towers as data: the files of a folder that holds one, and the shapes of its tensors."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from isomorph.encoders.tensors import Shapes, shapes_of
from isomorph.encoders.tower import TinyTowers, Tower, TowerFamily
from isomorph.encoders.towers import options_of, tower_families
from isomorph.testing.asked_shapes import asked_shapes
from isomorph.testing.tokenizer import vocabulary

_LONGEST = 64
_PATCHES = {"patch_size": 8, "max_num_patches": 12}


@dataclass(frozen=True, slots=True)
class TinyTower:
    """What goes into the folder of a module that is one tower of a family."""

    family: TowerFamily
    modality: str
    config: Mapping[str, Any]
    pixels: tuple[int, int]
    processor: Mapping[str, Any] = field(default_factory=dict)
    prefixes: Mapping[str, str] = field(default_factory=dict)
    tokens: Mapping[str, str] = field(default_factory=dict)
    stored: str = "float32"
    spectra: tuple[int, ...] = ()
    extractor: Mapping[str, Any] = field(default_factory=dict)
    asked: Collection[str] = ()

    @property
    def tower(self) -> Tower:
        """Its record."""
        return self.family.towers[self.modality]

    @property
    def reads(self) -> bool:
        """Whether a tokenizer makes what it is fed."""
        return "input_ids" in self.feeds

    @property
    def feeds(self) -> tuple[str, ...]:
        """What it is fed."""
        return self.tower.feeds(options_of(self.config, self.tower.options))

    @property
    def result(self) -> str:
        """What it gives."""
        return self.tower.result

    @property
    def longest(self) -> int:
        """The longest text, in tokens."""
        return _LONGEST

    @property
    def shapes(self) -> Shapes:
        """Names and shapes of its tensors."""
        if self.asked:
            size = self.spectra if self.modality == "audio" else ()
            return asked_shapes(self.tower, self.config, size, self.asked)
        described = self.tower.describe(self.config, self.pixels)
        found = shapes_of(described, self.tower.width(self.config))
        return {f"{self._prefix(name)}{name}": shape for name, shape in found.items()}

    def _prefix(self, name: str) -> str:
        return next((p for begin, p in self.prefixes.items() if name.startswith(begin)), "")

    @property
    def files(self) -> Mapping[str, Any]:
        """Its settings, by the names of files."""
        way = {"method": self.tower.way.method, "method_output_name": self.tower.way.output}
        settings = {"modality_config": {self.modality: way}, "module_output_name": self.result}
        settings["transformer_task"] = self.family.task
        found = {"config.json": self.config, "sentence_bert_config.json": settings}
        if self.modality == "audio":
            found["processor_config.json"] = {"feature_extractor": self.extractor}
        elif self.modality != "text":
            found["preprocessor_config.json"] = self._processor
        return found

    @property
    def _processor(self) -> Mapping[str, Any]:
        """An image processor that makes images of `pixels`, or a few patches."""
        named = {"image_processor_type": self.family.processor}
        if "patch_places" in self.feeds:
            return {**named, **_PATCHES}
        if self.processor:
            return {**named, **self.processor}
        height, width = self.pixels
        return {**named, "size": {"height": height, "width": width}, "do_center_crop": False}


def tiny_towers() -> dict[str, TinyTower]:
    """Each tower of each small model that a family names."""
    found: dict[str, TinyTower] = {}
    for family in tower_families().values():
        for name, tiny in family.tiny.items():
            for modality, tower in family.towers.items():
                key = f"{name}-{modality}" if len(family.towers) > 1 else name
                found[key] = TinyTower(
                    family,
                    modality,
                    _config(family, tiny, tower.options),
                    tiny.pixels,
                    tiny.processor,
                    tiny.prefixes,
                    tiny.tokens,
                    spectra=tiny.spectra,
                    extractor=tiny.extractor,
                    asked=tiny.asked,
                )
    return found


def _config(family: TowerFamily, tiny: TinyTowers, key: str) -> dict[str, Any]:
    """Its ``config.json``, in which the options under `key` have as many words as the tokenizer."""
    named = {"model_type": family.model_type, "architectures": [family.architecture]}
    config: dict[str, Any] = {**named, **tiny.options}
    words = list(dict.fromkeys((*vocabulary(), *tiny.tokens.values())))
    if key:
        own = _inside(config, key)
        own |= {"vocab_size": len(words), "max_position_embeddings": _LONGEST, **own}
        own["pad_token_id"] = 0
    if tiny.image_option:
        place, _, option = tiny.image_option.rpartition(".")
        (_inside(config, place) if place else config)[option] = words.index(
            tiny.tokens["image_token"]
        )
    return config


def _inside(config: dict[str, Any], key: str) -> dict[str, Any]:
    """The options under a key, as a copy in `config`."""
    for part in key.split("."):
        config[part] = dict(config[part])
        config = config[part]
    return config
