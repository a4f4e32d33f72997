"""Cohere's routes, which Jina's and other rerankers have too: ``/v1/rerank`` and ``/v2/rerank``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from isomorph_server.ask import Ask
from isomorph_server.fields import COUNT, DOCUMENTS, FLAG, TEXT, Body, Field
from isomorph_server.ranking import ranked
from isomorph_server.refusals import cohere
from isomorph_server.route import Route

RERANK = Body(
    "CohereRerank",
    (
        Field("query", TEXT, "What is asked.", required=True),
        Field("documents", DOCUMENTS, "What may answer.", required=True),
        Field("model", TEXT, "One of /v1/models; without it the first reranker."),
        Field("top_n", COUNT, "Only so many of the best."),
        Field("return_documents", FLAG, "The texts too.", default=False),
        Field("truncate", FLAG, "Whether pairs that are too long are cut; beyond Cohere."),
    ),
)


async def rerank(ask: Ask) -> Mapping[str, Any]:
    """Documents in the order of their relevance; `meta` is Cohere's, `model` and `usage` are Jina's."""
    documents = ask["documents"]
    found = await ranked(ask, ask["query"], documents)
    results = [
        {
            "index": index,
            "relevance_score": score,
            **({"document": {"text": documents[index]}} if ask["return_documents"] else {}),
        }
        for index, score in found[: ask["top_n"]]
    ]
    return {
        "id": ask.id,
        "model": ask.model,
        "results": results,
        "usage": {"prompt_tokens": ask.tokens, "total_tokens": ask.tokens},
        "meta": {"billed_units": {"search_units": 1}, "tokens": {"input_tokens": ask.tokens}},
    }


ROUTES = tuple(
    Route("POST", path, rerank, cohere, RERANK, "Documents by relevance")
    for path in ("/v1/rerank", "/v2/rerank")
)
