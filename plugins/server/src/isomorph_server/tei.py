"""The routes of text-embeddings-inference that its clients use."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

import numpy as np

from isomorph.errors import Unsupported
from isomorph.util import cos_sim
from isomorph_server import fields
from isomorph_server.ask import Ask
from isomorph_server.fields import COUNT, FLAG, LISTED, TEXT, TEXTS, TEXTS_OR_IDS, Body, Field
from isomorph_server.info import info, labels
from isomorph_server.ranking import ranked
from isomorph_server.refusals import Refused, tei
from isomorph_server.replies import short, written
from isomorph_server.route import Route
from isomorph_server.sizes import DECODED, TOKEN_VECTORS, TOKENIZED, has_at_most, size_of
from isomorph_server.token_ids import Ids, refuse_strange

_MODEL = Field("model", TEXT, "One of /v1/models; without it the first that fits. Beyond TEI.")
_CUT = (
    Field("truncate", FLAG, "Whether texts that are too long are cut."),
    Field(
        "truncation_direction", fields.SIDE, "Without it the model's own, which is mostly right."
    ),
)
_PROMPT = Field("prompt_name", TEXT, "One of the model's prompts.")
_INPUTS = Field(
    "inputs", TEXTS_OR_IDS, "What is embedded; token ids where the operator says so.", required=True
)
_OF_EMBED = (
    Field("normalize", FLAG, "Vectors of length 1.", default=True),
    Field("dimensions", COUNT, "Only so many leading numbers of each vector."),
    _PROMPT,
    *_CUT,
    _MODEL,
)
EMBED = Body("Embed", (_INPUTS, *_OF_EMBED))
EMBED_ALL = Body("EmbedAll", (_INPUTS, _PROMPT, *_CUT, _MODEL))
_FURTHER = "The fields of the request, once more; what stands here counts."
COMPAT = Body(
    "Compat",
    (
        Field("inputs", fields.COMPAT, "As of /embed or of /similarity.", required=True),
        Field("parameters", fields.inner(Body("CompatParameters", _OF_EMBED)), _FURTHER),
        *_OF_EMBED,
    ),
)
SIMILARITY = Body(
    "Similarity",
    (
        Field("inputs", fields.SIMILARITY, "What is compared.", required=True),
        Field("parameters", fields.inner(Body("Parameters", (_PROMPT, *_CUT))), _FURTHER),
        _PROMPT,
        *_CUT,
        _MODEL,
    ),
)
RERANK = Body(
    "Rerank",
    (
        Field("query", TEXT, "What is asked.", required=True),
        Field("texts", LISTED, "What may answer.", required=True),
        Field("raw_scores", FLAG, "Scores before their activation.", default=False),
        Field("return_text", FLAG, "The texts too.", default=False),
        *_CUT,
        _MODEL,
    ),
)
PREDICT = Body(
    "Predict",
    (
        Field("inputs", fields.CLASSIFIED, "What is classified.", required=True),
        Field("raw_scores", FLAG, "Scores before their activation.", default=False),
        *_CUT,
        _MODEL,
    ),
)
TOKENIZE = Body(
    "Tokenize",
    (
        Field("inputs", TEXTS, "What is cut into tokens.", required=True),
        Field("add_special_tokens", FLAG, "Those at the ends too.", default=True),
        _PROMPT,
        _MODEL,
    ),
)
DECODE = Body(
    "Decode",
    (
        Field("ids", fields.IDS, "Token ids of one text, or a list of them.", required=True),
        Field("skip_special_tokens", FLAG, "Without those at the ends.", default=True),
        _MODEL,
    ),
)
_ALL = ("embed", "embed_all", "embed_sparse", "rerank")


def _with_parameters(ask: Ask) -> None:
    ask.values = {**ask.values, **(ask["parameters"] or {})}


async def embed(ask: Ask) -> Any:
    """A vector a text."""
    served = ask.find("embed")
    size = ask["dimensions"]
    await ask.refuse_beyond(served, size)
    return await ask.encode(
        served,
        await ask.texts(served, "inputs"),
        prompt_name=ask["prompt_name"],
        normalize_embeddings=ask["normalize"],
        truncate_dim=size,
    )


async def embed_all(ask: Ask) -> Any:
    """A vector a token of each text."""
    served = ask.find("embed", "embed_all")
    wanted = {"output_value": "token_embeddings"}
    texts = await ask.texts(served, "inputs")
    if not await asyncio.to_thread(has_at_most, served.model, texts, TOKEN_VECTORS):
        raise Refused(
            413,
            f"An answer has {TOKEN_VECTORS:,} vectors of tokens at most: send fewer texts.",
            "inputs",
        )
    return await ask.encode(served, texts, prompt_name=ask["prompt_name"], **wanted)


async def embed_sparse(ask: Ask) -> Any:
    """The weights of each text that are not zero, by the index of their feature."""
    served = ask.find("embed_sparse")
    texts = await ask.texts(served, "inputs")
    matrix = await ask.encode(served, texts, prompt_name=ask["prompt_name"])
    rows = zip(matrix.indptr[:-1], matrix.indptr[1:], strict=True)
    parts = ((matrix.indices[a:b].tolist(), short(matrix.data[a:b])) for a, b in rows)
    return [
        written({"index": i, "value": v} for i, v in zip(indices, values, strict=True))
        for indices, values in parts
    ]


async def similarity(ask: Ask) -> Any:
    """The cosine of each sentence's vector and the source's, whatever similarity the model names."""
    _with_parameters(ask)
    served = ask.find("embed")
    source, sentences = ask["inputs"]
    if not sentences:
        raise Refused(422, "There are no sentences.", "inputs")
    size = ask["dimensions"]
    await ask.refuse_beyond(served, size)
    inputs, name = [source, *sentences], ask["prompt_name"]
    vectors = await ask.encode(served, inputs, prompt_name=name, truncate_dim=size)
    return cos_sim(vectors[:1], vectors[1:])[0]


async def compat(ask: Ask) -> Any:
    """What clients of the Hub's inference post to the address itself."""
    _with_parameters(ask)
    return await (similarity if isinstance(ask["inputs"], tuple) else embed)(ask)


async def rerank(ask: Ask) -> Any:
    """Texts by how well they answer the query, best first."""
    texts = ask["texts"]
    found = await ranked(ask, ask["query"], texts, **_raw(ask))
    return [
        {"index": index, "score": score, **({"text": texts[index]} if ask["return_text"] else {})}
        for index, score in found
    ]


async def predict(ask: Ask) -> Any:
    """The scores of all labels of each input, the best first."""
    served = ask.find("rerank")
    single, inputs = ask["inputs"]
    if not all(isinstance(each, tuple) for each in inputs):
        raise Refused(
            422, f"{served.name} scores pairs of texts, and some inputs are single ones.", "inputs"
        )
    more = {"apply_softmax": True} if served.model.num_labels > 1 and not ask["raw_scores"] else {}
    scores = await ask.predict(served, inputs, **_raw(ask), **more)
    named = labels(served)
    rows = [_row(named, np.atleast_1d(each)) for each in scores]
    return rows[0] if single else rows


def _raw(ask: Ask) -> dict[str, Any]:
    return {"activation_fn": "Identity"} if ask["raw_scores"] else {}


def _row(named: Sequence[str], scores: np.ndarray[Any, Any]) -> list[Mapping[str, Any]]:
    order = np.argsort(-scores, kind="stable")
    best = zip(order.tolist(), short(scores[order]), strict=True)
    return [{"score": score, "label": named[index]} for index, score in best]


async def tokenize(ask: Ask) -> Any:
    """The tokens of each text, with where in it they stand."""
    served = ask.find(*_ALL)
    texts = ask["inputs"]
    texts = [texts] if isinstance(texts, str) else texts
    ask.bounded(texts)
    name = ask["prompt_name"]
    if name is not None and name not in served.model.prompts:
        raise Refused(422, f"{served.name} has no prompt {name[:80]!r}.", "prompt_name")
    prompt = served.model.prompts[name] if name is not None else ""
    tokenizer = served.model.tokenizer
    if not hasattr(tokenizer, "encode_batch"):
        raise Unsupported(f"{served.name} has no tokenizer of whole texts.")
    if sum(map(size_of, texts)) > TOKENIZED:
        raise Refused(
            413, f"At most {TOKENIZED:,} bytes of texts are cut into tokens at once.", "inputs"
        )
    whole = [prompt + each for each in texts]
    return await asyncio.to_thread(_cut, tokenizer, whole, ask["add_special_tokens"])


def _cut(tokenizer: Any, texts: Sequence[str], special: bool) -> list[Any]:
    found = tokenizer.encode_batch(texts, add_special_tokens=special)
    return [written(_tokens(each)) for each in found]


def _tokens(encoded: Any) -> Iterator[Mapping[str, Any]]:
    rows = zip(
        encoded.ids, encoded.tokens, encoded.special_tokens_mask, encoded.offsets, strict=True
    )
    return (
        {"id": number, "text": text, "special": bool(special), "start": start, "stop": stop}
        for number, text, special, (start, stop) in rows
    )


async def decode(ask: Ask) -> Any:
    """The text of each list of token ids."""
    served, ids = ask.find(*_ALL), ask["ids"]
    ask.bounded(ids)
    tokenizer = served.model.tokenizer
    if not hasattr(tokenizer, "get_vocab_size"):
        raise Unsupported(f"{served.name} has no tokenizer that turns token ids into texts.")
    if sum(map(len, ids)) > DECODED:
        raise Refused(413, f"At most {DECODED:,} token ids are turned into texts at once.", "ids")
    return await asyncio.to_thread(_decoded, tokenizer, ids, ask["skip_special_tokens"])


def _decoded(tokenizer: Any, ids: Sequence[Ids], skip: bool) -> list[str]:
    refuse_strange(tokenizer, chain.from_iterable(ids), "ids")
    return [tokenizer.decode(list(each), skip_special_tokens=skip) for each in ids]


ROUTES = (
    Route("POST", "/embed", embed, tei, EMBED, "Vectors of texts"),
    Route("POST", "/embed_all", embed_all, tei, EMBED_ALL, "Vectors of tokens"),
    Route("POST", "/embed_sparse", embed_sparse, tei, EMBED_ALL, "Sparse vectors of texts"),
    Route("POST", "/similarity", similarity, tei, SIMILARITY, "How alike sentences are"),
    Route("POST", "/rerank", rerank, tei, RERANK, "Texts by relevance"),
    Route("POST", "/predict", predict, tei, PREDICT, "Scores of labels"),
    Route("POST", "/tokenize", tokenize, tei, TOKENIZE, "Tokens of texts"),
    Route("POST", "/decode", decode, tei, DECODE, "Texts of tokens"),
    *(
        Route("POST", path, compat, tei, COMPAT, "Vectors or similarities, for clients of the Hub")
        for path in ("/", "/invocations")
    ),
    Route("GET", "/info", info, tei, None, "What the server is"),
)
