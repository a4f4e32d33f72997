"""What ``adapter_config.json`` says, as peft writes it for LoRA; what is not done is refused by name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import sqrt
from typing import Any

from isomorph.errors import BadModel, Unsupported
from isomorph.files.schema import (
    FLAG,
    NUMBER,
    TEXT,
    Either,
    ListOf,
    MapOf,
    Schema,
    Whole,
    judge,
    maybe,
)
from isomorph.preprocess.regexes import TooMuch, read_regex

_RANK = Whole(1, 1 << 20)
_NAMES = Either((TEXT, ListOf(TEXT)))
SCHEMA: Schema = {
    "peft_type": TEXT,
    "r": _RANK,
    "lora_alpha": NUMBER,
    "rank_pattern": maybe(MapOf(_RANK)),
    "alpha_pattern": maybe(MapOf(NUMBER)),
    "modules_to_save": maybe(ListOf(TEXT)),
    "base_model_name_or_path": maybe(TEXT),
    "revision": maybe(TEXT),
    "bias": TEXT,
    "target_modules": maybe(_NAMES),
    **dict.fromkeys(("use_rslora", "use_dora", "fan_in_fan_out", "lora_bias"), maybe(FLAG)),
}
_DONE = frozenset(SCHEMA)
_SAID_BY_THE_WEIGHTS = frozenset((
    "target_modules", "exclude_modules", "layers_to_transform", "layers_pattern",
))  # fmt: skip
"""Which modules are changed: of those, and of no others, there are weights."""
_OF_TRAINING = frozenset((
    "auto_mapping", "inference_mode", "lora_dropout", "megatron_core", "peft_version", "task_type",
    "qalora_group_size", "eva_config",
))  # fmt: skip
"""What changes nothing once the adapter is trained, or says nothing alone."""
_BEGINNINGS = (None, True, False, "gaussian", "eva", "orthogonal")
"""How matrices were filled before training, of those ways that leave the base model as it is."""


@dataclass(frozen=True, slots=True)
class Lora:
    """How low-rank matrices change weights: ``W + scaling * B A``, with DoRA renormed.

    Patterns map regular expressions for the ends of module names to what is said of those modules.
    """

    rank: int
    alpha: float
    by_root: bool = False
    dora: bool = False
    turned: bool = False
    ranks: Mapping[str, int] = field(default_factory=dict)
    alphas: Mapping[str, float] = field(default_factory=dict)
    saved: tuple[str, ...] = ()

    def rank_of(self, module: str) -> int:
        """The rank of the matrices of a module."""
        return int(_matching(self.ranks, module, self.rank))

    def scaling_of(self, module: str) -> float:
        """The factor of a module's matrices."""
        rank = self.rank_of(module)
        alpha = float(_matching(self.alphas, module, self.alpha))
        return alpha / (sqrt(rank) if self.by_root else rank)

    def replaces(self, module: str) -> bool:
        """Whether a module was trained, and is stored, as a whole."""
        return any(f".{name}." in f".{module}." for name in self.saved)


def lora_of(config: Mapping[str, Any], where: str) -> Lora:
    """The settings of a file.

    Raises:
        BadModel: a value is none that the key can have.
        Unsupported: it is another method than LoRA, or asks for something that is not done.
    """
    method = config.get("peft_type")
    if method != "LORA":
        raise Unsupported(
            f"{where} is of the method {str(method)[:80]!r}, and adapters of LORA alone are merged."
        )
    judge(config, SCHEMA, where, needed=("r", "lora_alpha"))
    _refuse_others(config, where)
    ranks, alphas = config.get("rank_pattern") or {}, config.get("alpha_pattern") or {}
    for pattern in (*ranks, *alphas):
        _check_pattern(pattern, where)
    return Lora(
        rank=config["r"],
        alpha=config["lora_alpha"],
        by_root=bool(config.get("use_rslora")),
        dora=bool(config.get("use_dora")),
        turned=bool(config.get("fan_in_fan_out")),
        ranks=ranks,
        alphas=alphas,
        saved=tuple(config.get("modules_to_save") or ()),
    )


def _refuse_others(config: Mapping[str, Any], where: str) -> None:
    begun = config.get("init_lora_weights")
    if not isinstance(begun, str | bool | None) or begun not in _BEGINNINGS:
        raise Unsupported(
            f"{where} sets init_lora_weights={str(begun)[:80]!r}, which changes the base model before the "
            "adapter is added to it. Convert it to plain LoRA, or merge it where it was trained."
        )
    known = _DONE | _SAID_BY_THE_WEIGHTS | _OF_TRAINING | {"init_lora_weights"}
    for key, value in config.items():
        if key not in known and value not in (None, False, 0, "", [], {}):
            raise Unsupported(f"{where} sets {key[:80]}={str(value)[:80]}, which is not done here.")


def _check_pattern(pattern: str, where: str) -> None:
    """A pattern is run on names that the folder gives, and some expressions run for ever."""
    try:
        read_regex(pattern)
        re.compile(pattern)
    except TooMuch as cause:
        raise Unsupported(f"{where} has a pattern {pattern[:80]!r} that {cause}.") from None
    except (re.error, OverflowError) as cause:
        raise BadModel(f"{where} has a pattern {pattern[:80]!r} that is none: {cause}.") from None


def _matching(patterns: Mapping[str, Any], module: str, otherwise: Any) -> Any:
    """What the first pattern says that is the end of a module's name, as peft looks it up."""
    for pattern, value in patterns.items():
        if re.match(rf"(.*\.)?({pattern})$", module):
            return value
    return otherwise
