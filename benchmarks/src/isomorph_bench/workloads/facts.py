"""What a record says of the inputs of a workload."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from statistics import median
from typing import Any

from isomorph.errors import Unsupported
from isomorph_bench.machine import flops
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

    `model` is a loaded one of any class, whose tokenizer counts; None where inputs are no texts.
    """
    about: dict[str, Any] = {
        **asdict(workload),
        "items": len(items),
        "fingerprint": fingerprint(items),
    }
    texts = model is not None and all(isinstance(item, str) for item in items)
    if not texts:
        return about
    lengths = lengths_of(model, items)
    about |= {"tokens": sum(lengths), "median": int(median(lengths)), "lengths": histogram(lengths)}
    try:
        config = model[0].config.get("transformer", {})
        about["flops"] = flops.useful_flops(config, lengths)
        about["weight_bytes"] = flops.weight_bytes(config)
    except Unsupported:
        pass  # no family says what this encoder computes, so nobody counts
    return about


def lengths_of(model: Any, texts: Sequence[str]) -> list[int]:
    """Tokens of each text, cut where this model cuts."""
    limit = model.max_seq_length
    found = [len(encoded) for encoded in model.tokenizer.encode_batch_fast(list(texts))]
    return [length if limit is None else min(length, limit) for length in found]
