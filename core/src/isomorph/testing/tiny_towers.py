"""Tiny towers as data: the files of a folder that holds one, and the shapes of its tensors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from isomorph.encoders.tensors import Shapes, shapes_of
from isomorph.encoders.tower import Tower, TowerFamily
from isomorph.encoders.towers import options_of, tower_families
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
    stored: str = "float32"

    @property
    def tower(self) -> Tower:
        """Its record."""
        return self.family.towers[self.modality]

    @property
    def reads(self) -> bool:
        """Whether it takes texts."""
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
        described = self.tower.describe(self.config, self.pixels)
        return shapes_of(described, self.tower.width(self.config))

    @property
    def files(self) -> Mapping[str, Any]:
        """Its settings, by the names of files."""
        way = {"method": self.tower.way.method, "method_output_name": self.tower.way.output}
        settings = {"modality_config": {self.modality: way}, "module_output_name": self.result}
        found = {"config.json": self.config, "sentence_bert_config.json": settings}
        if not self.reads:
            found["preprocessor_config.json"] = self._processor
        return found

    @property
    def _processor(self) -> Mapping[str, Any]:
        """An image processor that makes images of `pixels`, or a few patches."""
        named = {"image_processor_type": self.family.processor}
        if "patch_places" in self.feeds:
            return {**named, **_PATCHES}
        height, width = self.pixels
        return {**named, "size": {"height": height, "width": width}, "do_center_crop": False}


def tiny_towers() -> dict[str, TinyTower]:
    """Each tower of each small model that a family names."""
    found: dict[str, TinyTower] = {}
    for family in tower_families().values():
        for name, tiny in family.tiny.items():
            for modality, tower in family.towers.items():
                several = len(family.towers) > 1
                config = {"model_type": family.model_type, **tiny.options}
                if tower.options:
                    words = {"vocab_size": len(vocabulary()), "max_position_embeddings": _LONGEST}
                    config[tower.options] = {**words, **config[tower.options], "pad_token_id": 0}
                key = f"{name}-{modality}" if several else name
                found[key] = TinyTower(family, modality, config, tiny.pixels)
    return found
