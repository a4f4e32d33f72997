"""What a record says of the inputs of a workload."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from statistics import median
from typing import Any

from isomorph.errors import Unsupported
from isomorph_bench.machine import flops
from isomorph_bench.workloads.sources import ARRAYS, FILES
from isomorph_bench.workloads.workload import Workload


def fingerprint(items: Sequence[Any]) -> str:
    """Tells whether two runs had the same inputs."""
    return hashlib.sha256(json.dumps(list(items)).encode()).hexdigest()[:12]


def histogram(lengths: Sequence[int]) -> dict[str, int]:
    """How many inputs have up to 1, 2, 4, 8 … tokens; the bounds are the keys."""
    counted = Counter(1 << max(0, length - 1).bit_length() for length in lengths)
    return {str(bound): counted[bound] for bound in sorted(counted)}


def facts(workload: Workload, items: Sequence[Any], model: Any) -> dict[str, Any]:
    """The workload's data, hash and number of its inputs; of texts their tokens and useful operations.

    `model` is a loaded one of any class, whose tokenizer counts; of a query its pairs with documents.
    """
    seen = workload.source in (FILES, ARRAYS)
    about: dict[str, Any] = {
        **asdict(workload),
        "items": len(items),
        "fingerprint": fingerprint([_name(item) for item in items] if seen else items),
    }
    if seen:
        return about
    lengths = lengths_of(model, [text for item in items for text in texts_of(item)])
    about |= {"tokens": sum(lengths), "median": int(median(lengths)), "lengths": histogram(lengths)}
    try:
        config = _first_config(model)
        about["flops"] = flops.useful_flops(config, lengths)
        about["weight_bytes"] = flops.weight_bytes(config)
    except Unsupported:
        pass  # no family says what this encoder computes, so nobody counts
    return about


def _first_config(model: Any) -> Mapping[str, Any]:
    """The ``config.json`` of the encoder; nothing of a model without one."""
    found: Mapping[str, Any] = (
        model.__loaded__().model.graph.modules[0].config.get("transformer", {})
    )
    return found


def texts_of(item: Any) -> Iterator[Any]:
    """What a tokenizer takes of an item: a text, a pair, or the pairs of a query with each document."""
    if isinstance(item, str):
        yield item
        return
    query, documents = item
    for document in [documents] if isinstance(documents, str) else documents:
        yield query, document


def _name(path: str) -> str:
    """Of a photo, which lies in another folder in every run but is made the same."""
    return Path(path).name


def lengths_of(model: Any, texts: Sequence[Any]) -> list[int]:
    """Tokens of each text, cut where this model cuts."""
    limit = model.max_seq_length
    found = [len(encoded) for encoded in model.tokenizer.encode_batch_fast(list(texts))]
    return [length if limit is None else min(length, limit) for length in found]
