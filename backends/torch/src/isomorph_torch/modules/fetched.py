"""What a ``config.json`` would have transformers fetch from the Hub while it loads: refused before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import transformers

_KERNELS = ("attn_implementation", "_attn_implementation", "experts_implementation")
_BACKBONE = "backbone_config"


def fetched(config: Mapping[str, Any]) -> str:
    """Why this configuration may not be loaded, or "".

    A kernel by the name of a repository is compiled code that would run. Models with a backbone ask the
    Hub for its configuration; they see images.
    """
    for name in _KERNELS:
        if "/" in str(config.get(name) or ""):
            return f"config.json sets {name}={config[name]!r}, code of the Hub that a file cannot ask for"
    for kind in _kinds(config):
        if _has_backbone(kind):
            return f"config.json has a model_type {kind!r}, whose backbone would be fetched from the Hub"
    return ""


def _kinds(config: Mapping[str, Any]) -> Iterator[str]:
    """Every ``model_type`` in a configuration, those of its parts too."""
    left: list[Any] = [config]
    while left:
        part = left.pop()
        if isinstance(part, Mapping):
            kind = part.get("model_type")
            if isinstance(kind, str):
                yield kind
            left.extend(part.values())
        elif isinstance(part, list):
            left.extend(part)


@cache
def _has_backbone(kind: str) -> bool:
    if kind not in transformers.CONFIG_MAPPING:
        return False
    known = transformers.CONFIG_MAPPING[kind]
    named = (getattr(known, "sub_configs", {}), getattr(known, "__dataclass_fields__", {}))
    return any(_BACKBONE in names for names in named)
