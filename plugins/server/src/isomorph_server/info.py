"""The page ``/info``, with every field that clients of text-embeddings-inference look for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from isomorph.version import __version__
from isomorph_server.ask import Ask
from isomorph_server.shelf import Served

READERS = 2
"""Threads of a `DynamicBatcher` that read inputs, which is where texts are tokenised."""
_POOLING = {"lasttoken": "last_token"}
"""What TEI calls ways of pooling otherwise than model folders do."""


async def info(ask: Ask) -> Any:
    """What the server is: TEI's page of its one model speaks of the first here."""
    limits, served = ask.house.limits, next(iter(ask.house.shelf.served.values()))
    pipeline = served.model.__loaded__().pipeline
    longest = served.model.max_seq_length
    return {
        "model_id": served.name,
        "model_sha": None,
        "model_dtype": pipeline.main.plan.claim.arithmetic,
        "model_type": _kind(served),
        "max_concurrent_requests": limits.concurrent,
        "max_input_length": min(longest or limits.body, limits.body),  # a token has a byte at least
        "max_batch_tokens": pipeline.throughput.tokens,
        "max_batch_requests": None,
        "max_client_batch_size": limits.inputs,
        "auto_truncate": limits.truncate,
        "tokenization_workers": READERS,
        "backend": served.model.get_backend(),
        "version": __version__,
        "sha": None,
        "docker_label": None,
        "models": [
            {"id": each.name, "task": each.task} for each in ask.house.shelf.served.values()
        ],
    }


def _kind(served: Served) -> Mapping[str, Any]:
    if served.task == "rerank":
        names = labels(served)
        about = {
            "id2label": {str(index): name for index, name in enumerate(names)},
            "label2id": {name: index for index, name in enumerate(names)},
        }
        return {"reranker" if len(names) == 1 else "classifier": about}
    return {"embedding": {"pooling": _pooling(served)}}


def _pooling(served: Served) -> str:
    """How token vectors become one: ``splade``, the modes of the pooling, or ``none``."""
    if served.task == "embed_sparse":
        return "splade"
    modules = served.model.__loaded__().pipeline.main.model.graph.modules
    modes = [mode for each in modules if each.kind == "pooling" for mode in each.config["modes"]]
    return "+".join(_POOLING.get(mode, mode) for mode in modes) or "none"


def labels(served: Served) -> list[str]:
    """The names of a model's labels, as its config.json has them."""
    count = served.model.num_labels
    file = served.model.__loaded__().whole.folder / "config.json"
    named = json.loads(file.read_text("utf-8")).get("id2label") if file.is_file() else None
    named = named if isinstance(named, dict) else {}
    return [str(named.get(str(index), f"LABEL_{index}")) for index in range(count)]
