"""``modality_config``: which modalities a module takes, and which method of a model each goes through.

    {"text": {"method": "get_text_features", "method_output_name": "pooler_output"},
     "image": {"method": "get_image_features", "method_output_name": "pooler_output"}}

A module that takes several stands at the head of a chain for each of them (`ModuleKind.branches`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from isomorph.encoders.tower import TowerFamily, Way
from isomorph.errors import BadModel, Unsupported
from isomorph.files.schema import TEXT, Either, ListOf, Schema, judge

KEY = "modality_config"
ENTRY: Schema = {"method": TEXT, "method_output_name": Either((TEXT, ListOf(TEXT, 1, 1)))}
"""What is read of a modality's entry."""
_PLAIN = Way()


def read_ways(settings: Mapping[str, Any], where: str) -> Mapping[str, Way]:
    """What each modality goes through; {} where the settings do not say it.

    Raises:
        BadModel: an entry is no object of names.
    """
    entries = settings.get(KEY)
    if entries is None:
        return {}
    if not isinstance(entries, dict) or not all(isinstance(e, dict) for e in entries.values()):
        raise BadModel(f"{where}: {KEY} must map modalities to objects.")
    found: dict[str, Way] = {}
    for modality, entry in entries.items():
        judge(entry, ENTRY, f"{where}: {KEY}: {modality}")
        output = entry.get("method_output_name", _PLAIN.output)
        output = output[0] if isinstance(output, list) else output
        found[modality] = Way(entry.get("method", _PLAIN.method), output)
    return found


def written_ways(ways: Mapping[str, Way]) -> dict[str, dict[str, str]]:
    """What a settings file says of the modalities."""
    return {
        modality: {"method": way.method, "method_output_name": way.output}
        for modality, way in ways.items()
    }


def taken(family: TowerFamily, ways: Mapping[str, Way], where: str) -> tuple[str, ...]:
    """The modalities of these that the family has towers for, in its order; of none all that it has.

    Raises:
        Unsupported: it has no tower of a modality, or computes something else there.
    """
    for modality, way in ways.items():
        tower = family.towers.get(modality)
        if tower is None:
            raise Unsupported(
                f"{where} takes {modality} inputs; of model_type {family.model_type!r} this version has "
                f"{' and '.join(family.towers)}."
            )
        if way != tower.way:
            raise Unsupported(
                f"{where} sends {modality} inputs through {way.method}() to {way.output!r}; of model_type "
                f"{family.model_type!r} this version has {tower.way.method}() to {tower.way.output!r}."
            )
    return tuple(modality for modality in family.towers if not ways or modality in ways)
