"""OpenAI's routes: ``/v1/embeddings`` and ``/v1/models``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from isomorph_server.ask import Ask
from isomorph_server.fields import COUNT, FLAG, TEXT, TEXTS_OR_IDS, Body, Field, choice
from isomorph_server.refusals import Refused, openai
from isomorph_server.replies import in_base64
from isomorph_server.route import Route

EMBEDDINGS = Body(
    "OpenAIEmbeddings",
    (
        Field(
            "input",
            TEXTS_OR_IDS,
            "What is embedded; data:image/… URIs where the model sees; token ids where the operator says so.",
            required=True,
        ),
        Field("model", TEXT, "One of /v1/models.", required=True),
        Field(
            "dimensions", COUNT, "Only so many leading numbers of each vector, of length 1 again."
        ),
        Field("encoding_format", choice("float", "base64"), default="float"),
        Field("user", TEXT, "Is not used."),
        Field("prompt_name", TEXT, "One of the model's prompts; beyond OpenAI."),
        Field("truncate", FLAG, "Whether texts that are too long are cut; beyond OpenAI."),
    ),
)


async def embeddings(ask: Ask) -> Mapping[str, Any]:
    """Vectors, as numbers or as base64 of little-endian float32."""
    served = ask.find("embed")
    texts = await ask.texts(served, "input")
    size, kwargs = ask["dimensions"], {}
    if size is not None:
        await ask.refuse_beyond(served, size)
        kwargs = {"truncate_dim": size, "normalize_embeddings": True}
    vectors = await ask.encode(served, texts, prompt_name=ask["prompt_name"], **kwargs)
    is_coded = ask["encoding_format"] == "base64"
    usage = {"prompt_tokens": ask.tokens, "total_tokens": ask.tokens}
    data = [
        {
            "object": "embedding",
            "index": index,
            "embedding": in_base64(vector) if is_coded else vector,
        }
        for index, vector in enumerate(vectors)
    ]
    return {"object": "list", "data": data, "model": served.name, "usage": usage}


async def models(ask: Ask) -> Mapping[str, Any]:
    """All models, whatever they are for."""
    return {"object": "list", "data": [_about(name) for name in ask.house.shelf.served]}


async def model(ask: Ask) -> Mapping[str, Any]:
    """One model."""
    served = ask.house.shelf.served.get(ask["model"])
    if served is None:
        raise Refused(404, f"There is no model {ask['model'][:80]!r} here.", "model")
    return _about(served.name)


def _about(name: str) -> Mapping[str, Any]:
    return {"id": name, "object": "model", "created": 0, "owned_by": "isomorph"}


ROUTES = (
    Route("POST", "/v1/embeddings", embeddings, openai, EMBEDDINGS, "Vectors of texts"),
    Route("POST", "/embeddings", embeddings, openai, EMBEDDINGS, "Vectors of texts, as TEI has it"),
    Route("GET", "/v1/models", models, openai, None, "The models"),
    Route("GET", "/v1/models/{model:path}", model, openai, None, "One model"),
)
