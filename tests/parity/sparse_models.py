"""Tiny sparse and routed models. Needs the environment of sentence-transformers."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import torch
from sentence_transformers import SentenceTransformer, SparseEncoder
from sentence_transformers.base.modules import Dense, Normalize, Router, Transformer
from sentence_transformers.sentence_transformer.modules import Pooling, StaticEmbedding
from sentence_transformers.sparse_encoder.modules import (
    SparseAutoEncoder,
    SparseStaticEmbedding,
    SpladePooling,
)
from tiny_models import LONGEST, strengthen
from tokenizers_tiny import word_piece
from transformers import (
    BertConfig,
    BertForMaskedLM,
    BertModel,
    PreTrainedModel,
    PreTrainedTokenizerFast,
)

HIDDEN = 32
Build = Callable[[Path], None]


@cache
def _tokenizer() -> PreTrainedTokenizerFast:
    """One for all routes of a model: training it twice gives its tokens in another order."""
    return word_piece()


def _bert(kind: type[PreTrainedModel], folder: Path) -> None:
    """Saves an encoder with strong weights, and its tokenizer."""
    tokenizer = _tokenizer()
    config = BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=HIDDEN,
        intermediate_size=HIDDEN,
        num_hidden_layers=2,
        num_attention_heads=4,
        max_position_embeddings=LONGEST,
    )
    model = kind(config).eval()
    strengthen(model)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def _encoder() -> Transformer:
    with tempfile.TemporaryDirectory() as folder:
        _bert(BertModel, Path(folder))
        return Transformer(folder)


def _masked_lm() -> Transformer:
    with tempfile.TemporaryDirectory() as folder:
        _bert(BertForMaskedLM, Path(folder))
        return Transformer(folder, transformer_task="fill-mask")


def _auto_encoder(**options: Any) -> SparseAutoEncoder:
    module = SparseAutoEncoder(HIDDEN, 96, **options)
    strengthen(module)
    return module


def _words() -> SparseStaticEmbedding:
    tokenizer = _tokenizer()
    return SparseStaticEmbedding(tokenizer, weight=torch.rand(len(tokenizer)) * 8)


def _dense(width: int, activation: Any) -> Dense:
    module = Dense(HIDDEN, width, activation_function=activation)
    strengthen(module)
    return module


def _sparse(modules: Callable[[], list[Any]], **saved: Any) -> Build:
    def build(folder: Path) -> None:
        model = SparseEncoder(modules=modules(), device="cpu", **saved)
        model.save_pretrained(str(folder), create_model_card=False)

    return build


def _routed(modules: Callable[[], list[Any]], then: Build = lambda _: None, **saved: Any) -> Build:
    def build(folder: Path) -> None:
        model = SentenceTransformer(modules=modules(), device="cpu", **saved)
        model.save_pretrained(str(folder), create_model_card=False)
        then(folder)

    return build


def _plain(folder: Path) -> None:
    _bert(BertForMaskedLM, folder)


def _inference_free() -> list[Any]:
    documents = [_masked_lm(), SpladePooling("max", activation_function="log1p_relu")]
    router = Router.for_query_document(query_modules=[_words()], document_modules=documents)
    return [router]


SPARSE: Mapping[str, Build] = {
    "splade-max": _sparse(lambda: [_masked_lm(), SpladePooling("max")]),
    "splade-sum": _sparse(
        lambda: [_masked_lm(), SpladePooling("sum")],
        prompts={"query": "the question: ", "document": ""},
        similarity_fn_name="cosine",
    ),
    "splade-log1p": _sparse(
        lambda: [_masked_lm(), SpladePooling("max", activation_function="log1p_relu")]
    ),
    "splade-plain": _plain,
    "auto-encoder": _sparse(lambda: [_encoder(), Pooling(HIDDEN, "mean"), _auto_encoder(k=12)]),
    "auto-encoder-normalized": _sparse(
        lambda: [_encoder(), Pooling(HIDDEN, "cls"), _auto_encoder(k=7, normalize=True)],
        similarity_fn_name="euclidean",
    ),
    "inference-free": _sparse(_inference_free),
    "inference-free-alone": _sparse(lambda: [_words()], similarity_fn_name="manhattan"),
}
"""Models that a SparseEncoder loads."""


def _two_heads() -> list[Any]:
    heads = {
        "query": [_dense(20, torch.nn.Tanh())],
        "document": [_dense(24, torch.nn.ReLU()), _narrow(), Normalize()],
    }
    router = Router(heads, default_route="document", route_mappings={("search", None): "query"})
    return [_encoder(), Pooling(HIDDEN, "mean"), router]


def _narrow() -> Dense:
    module = Dense(24, 20, activation_function=torch.nn.Identity())
    strengthen(module)
    return module


def _asym() -> list[Any]:
    heads = {"question": [_dense(16, torch.nn.Tanh())], "answer": [_dense(16, torch.nn.Tanh())]}
    return [_encoder(), Pooling(HIDDEN, "cls"), Router(heads, allow_empty_key=False), Normalize()]


def _as_asym(folder: Path) -> None:
    """The layout of version 2: Asym, and its settings in ``config.json``."""
    root = "sentence_transformers.models"
    for name in ("modules.json", "2_Router/router_config.json"):
        text = (folder / name).read_text("utf-8")
        text = text.replace("sentence_transformers.base.modules.router.Router", f"{root}.Asym")
        text = text.replace("sentence_transformers.base.modules.dense.Dense", f"{root}.Dense")
        (folder / name).write_text(text.replace("2_Router", "2_Asym"), "utf-8")
    (folder / "2_Router").rename(folder / "2_Asym")
    settings = json.loads((folder / "2_Asym" / "router_config.json").read_text("utf-8"))
    settings["parameters"] = {"allow_empty_key": settings["parameters"]["allow_empty_key"]}
    (folder / "2_Asym" / "config.json").write_text(json.dumps(settings, indent=4), "utf-8")
    (folder / "2_Asym" / "router_config.json").unlink()


def _two_encoders() -> list[Any]:
    tokenizer = _tokenizer()
    table = torch.randn(len(tokenizer), HIDDEN)
    static = StaticEmbedding(tokenizer, embedding_weights=table)
    documents = [_encoder(), Pooling(HIDDEN, "mean")]
    return [Router({"query": [static], "document": documents}), Normalize()]


def _one_encoder() -> list[Any]:
    encoder = _encoder()
    ways = {
        "query": [encoder, Pooling(HIDDEN, "mean")],
        "document": [encoder, Pooling(HIDDEN, "cls")],
    }
    return [Router(ways, default_route="query")]


PROMPTS = {"query": "the question: ", "document": "a text: "}
ROUTED: Mapping[str, tuple[Build, tuple[str | None, ...]]] = {
    "two-heads": (_routed(_two_heads, prompts=PROMPTS), (None, "query", "document", "search")),
    "asym": (_routed(_asym, _as_asym), ("question", "answer")),
    "two-encoders": (_routed(_two_encoders), (None, "query", "document")),
    "one-encoder": (_routed(_one_encoder), (None, "query", "document")),
}
"""Models that a SentenceTransformer loads, and the tasks that they know."""
