"""What the arguments of public calls may be: one table by name, asked before anything else happens.

A function whose arguments are in the table is decorated with `checked`. A call pays for the arguments
that it names, and nothing for defaults.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import wraps
from inspect import unwrap
from math import isfinite
from operator import index
from os import PathLike
from typing import Any, ParamSpec, TypeVar

import numpy as np

from isomorph.contract import Device
from isomorph.errors import InputError
from isomorph.messages.shown import shown

P = ParamSpec("P")
R = TypeVar("R")

LARGEST = 2**63 - 1
"""No count is larger: engines count with 64 bits."""


class Refused(Exception):
    """What a rule raises for a value that is not allowed."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What one argument may be, in words, and what is made of it."""

    allowed: str
    read: Callable[[Any], Any]

    def __call__(self, name: str, value: Any) -> Any:
        """The value as it is used.

        Raises:
            InputError: names the argument, what is allowed, and what was given.
        """
        try:
            return self.read(value)
        except Refused:
            raise InputError(f"{name} must be {self.allowed}, not {shown(value)}.") from None


def or_none(rule: Rule) -> Rule:
    """The same, with None for the default."""

    def read(value: Any) -> Any:
        return None if value is None else rule.read(value)

    return Rule(f"{rule.allowed}, or None", read)


def at_least(least: int) -> Rule:
    """A whole number: Python's or numpy's, but neither a truth value nor a float without fraction."""

    def read(value: Any) -> int:
        if isinstance(value, bool | np.bool_):
            raise Refused
        try:
            number = index(value)
        except TypeError:
            raise Refused from None
        if not least <= number <= LARGEST:
            raise Refused
        return number

    allowed = "a positive integer" if least == 1 else f"at least {least} and a whole number"
    return Rule(allowed, read)


def one_of(*words: str) -> Rule:
    """One of a few texts."""

    def read(value: Any) -> str:
        if not isinstance(value, str) or value not in words:
            raise Refused
        return value

    return Rule(f"one of {', '.join(words)}", read)


def _number(value: Any) -> float:
    if isinstance(value, bool | np.bool_ | str | bytes):
        raise Refused
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        raise Refused from None
    if not isfinite(number):
        raise Refused
    return number


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise Refused
    return value


def _flag(value: Any) -> bool:
    if value is None or isinstance(value, bool):
        return bool(value)
    if isinstance(value, np.bool_) or (type(value) is int and value in (0, 1)):
        return bool(value)
    raise Refused


def _place(value: Any) -> Any:
    if not isinstance(value, str | PathLike) or "\0" in str(value):
        raise Refused
    return value


def _settings(value: Any) -> Any:
    if not isinstance(value, Mapping) or not all(isinstance(name, str) for name in value):
        raise Refused
    return value


def _by_key(value: Any) -> Any:
    if not isinstance(value, Mapping):
        raise Refused
    return value


def _listed(value: Any) -> Any:
    single = isinstance(value, str | bytes | Mapping | set | frozenset | type)
    if single or not hasattr(value, "__len__") or not getattr(value, "ndim", 1):
        raise Refused
    return value


def _pairs(value: Any) -> Any:
    """A set too: pairs need no order."""
    pairs = list(value) if isinstance(value, set | frozenset) else _listed(value)
    texts = any(isinstance(each, str) for each in pairs)
    if texts or not all(isinstance(each, Collection) and len(each) == 2 for each in pairs):
        raise Refused
    return pairs


def _counts(value: Any) -> Any:
    return [COUNT.read(each) for each in _listed(value)]


def _samples(value: Any) -> Any:
    whole = list(value) if isinstance(value, Iterator) else value
    listed = whole if isinstance(whole, Mapping) else _listed(whole)
    each = listed.values() if isinstance(listed, Mapping) else listed
    if not all(isinstance(one, Mapping) for one in each):
        raise Refused
    return whole


def _token(value: Any) -> Any:
    if not isinstance(value, str | bool):
        raise Refused
    return value


def _function(value: Any) -> Any:
    if not callable(value):
        raise Refused
    return value


def _activation(value: Any) -> Any:
    return value if isinstance(value, str) else _function(value)


def _device(value: Any) -> str:
    try:
        device = Device.of(value)
    except InputError:
        raise Refused from None
    return value if isinstance(value, str) else str(device)


def _devices(value: Any) -> Any:
    """One device; or a list of them, which are those of workers."""
    return [_device(each) for each in value] if isinstance(value, list | tuple) else _device(value)


def _listed_devices(value: Any) -> Any:
    if not isinstance(value, list | tuple):
        raise Refused
    return _devices(value)


COUNT = at_least(1)
NUMBER = Rule("a number", _number)
TEXT = Rule("a text", _text)
FLAG = Rule("True or False", _flag)
PLACE = Rule("a text or a path, without a null character", _place)
FUNCTION = Rule("a function", _function)
BY_KEY = Rule("a mapping by ids", _by_key)
LISTED = Rule("a list", _listed)
PAIRS = Rule("a list or a set of pairs", _pairs)
SAMPLES = Rule("samples, each a mapping", _samples)
COUNTS = Rule("a list of positive integers", _counts)
MAPPING = Rule("a mapping by names", _settings)
_DEVICE = "a device such as 'cpu' or 'cuda:1'"


def _all(rule: Rule, *names: str) -> dict[str, Rule]:
    return dict.fromkeys(names, rule)


RULES: Mapping[str, Rule] = {
    **_all(
        or_none(COUNT),
        "batch_size", "chunk_size", "truncate_dim", "max_active_dims", "max_length",
        "max_seq_length", "num_labels", "mrr_at_k",
    ),
    **_all(COUNT, "at_k", "query_chunk_size", "corpus_chunk_size", "max_pairs"),
    "samples": SAMPLES,
    "window_size": COUNT,
    "top_k": or_none(at_least(0)),
    **_all(
        or_none(TEXT),
        "prompt", "prompt_name", "default_prompt_name", "output_value", "precision", "task",
        "pooling", "backend", "revision", "weights", "model_name", "commit_message", "organization",
        "query_prompt", "query_prompt_name", "corpus_prompt", "corpus_prompt_name",
    ),
    **_all(TEXT, "on_long", "on_bad_input", "repo_id", "name"),
    **_all(
        FLAG,
        "convert_to_numpy", "convert_to_tensor", "convert_to_sparse_tensor", "save_to_cpu",
        "normalize_embeddings", "show_progress_bar", "return_report", "deterministic",
        "apply_softmax", "return_documents", "include_prompt", "trust_remote_code",
        "local_files_only", "strict", "verify", "create_model_card", "safe_serialization",
        "write_csv", "write_predictions", "use_batched_encoding", "always_rerank_positives",
        "add_transitive_closure",
    ),
    **_all(
        or_none(PLACE),
        "model_name_or_path", "cache_folder", "path", "output_path", "local_model_path",
        "cache_dir",
    ),
    **_all(
        or_none(MAPPING),
        "model_kwargs", "processor_kwargs", "config_kwargs", "automodel_args", "tokenizer_kwargs",
        "tokenizer_args", "config_args",
    ),
    **_all(or_none(Rule("a text, True or False", _token)), "token", "use_auth_token"),
    **_all(
        or_none(Rule("a name or a function", _activation)),
        "activation_fn", "activation_fct", "default_activation_function",
    ),
    "device": or_none(Rule(f"{_DEVICE}, or a list of them", _devices)),
    "target_devices": or_none(Rule(f"a list of devices, each {_DEVICE}", _listed_devices)),
}  # fmt: skip
"""What the arguments of these names are, wherever a call has one."""


def checking(**own: Rule) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """`checked`, where some arguments have rules of their own instead of those of `RULES`."""
    rules = {**RULES, **own}

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        code: Any = unwrap(function).__code__
        names = code.co_varnames[: code.co_argcount]
        places = [(place, rules[name]) for place, name in enumerate(names) if name in rules]
        first = places[0][0] if places else len(names)

        @wraps(function)
        def asked(*args: P.args, **kwargs: P.kwargs) -> R:
            for name, value in kwargs.items():
                rule = rules.get(name)
                if rule is not None:
                    kwargs[name] = rule(name, value)
            if len(args) <= first:
                return function(*args, **kwargs)
            given: list[Any] = list(args)
            for place, rule in places:
                if place < len(given):
                    given[place] = rule(names[place], given[place])
            return function(*given, **kwargs)

        return asked

    return decorate


def checked(function: Callable[P, R]) -> Callable[P, R]:
    """Asks `RULES` about the arguments of every call, by their names, and hands on what they say.

    Raises:
        InputError: from the decorated function: names the argument, what is allowed, what was given.
    """
    return checking()(function)


def at_least_one(**numbers: int | None) -> None:
    """Refuses what is no whole number above 0; None stands for the default.

    Raises:
        InputError: names the argument and what was given.
    """
    for name, number in numbers.items():
        if number is not None:
            COUNT(name, number)
