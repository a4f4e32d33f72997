"""Which tiny models there are. Needs the environment of sentence-transformers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import old_layouts as layouts
import torch
from sentence_transformers.base.modules import Dense, Normalize
from sentence_transformers.sentence_transformer.modules import (
    Dropout,
    LayerNorm,
    Pooling,
    WeightedLayerPooling,
)
from tiny_models import STATIC, Recipe

ALL_MODES = ["lasttoken", "cls", "weightedmean", "max", "mean_sqrt_len_tokens", "mean"]
TANH, GELU, RELU = torch.nn.Tanh, torch.nn.GELU, torch.nn.ReLU
NAMED = {
    "query": "the question: ",
    "document": "",
    "passage": "the text: ",
    "cluster": "Group these texts: ",
}


def pooled(mode: Any = "mean", *after: Any, **options: Any) -> Any:
    """Pooling, then further modules."""
    return lambda width: (Pooling(width, mode, **options), *after)


def dense(out: int, activation: Callable[[], Any], **options: Any) -> Any:
    """Mean pooling, then one Dense."""
    return lambda width: (
        Pooling(width, "mean"),
        Dense(width, out, activation_function=activation(), **options),
    )


def _on_tokens(width: int) -> Any:
    names = {"module_input_name": "token_embeddings", "module_output_name": "token_embeddings"}
    return (Dense(width, 24, activation_function=TANH(), **names), Pooling(24, "mean"), Normalize())


def _renamed(width: int) -> Any:
    return (
        Normalize(module_input_name="token_embeddings"),
        Pooling(width, "mean"),
        Dense(width, 20, activation_function=RELU(), module_output_name="projected"),
        Normalize(module_input_name="projected", module_output_name="sentence_embedding"),
    )


def _long_chain(width: int) -> Any:
    return (
        Pooling(width, ["cls", "mean"]),
        Dropout(0.3),
        Dense(2 * width, 24, activation_function=TANH()),
        LayerNorm(24),
        Dense(24, 24, activation_function=GELU(), use_residual=True),
        Dense(24, 16, bias=False, activation_function=torch.nn.Identity()),
        Normalize(),
    )


def _layers(width: int) -> Any:
    return (WeightedLayerPooling(width, num_hidden_layers=3, layer_start=1), Pooling(width, "mean"))


MODES = {f"bert-{mode.replace('_', '-')}": Recipe(pooled(mode)) for mode in ALL_MODES}
ENCODERS = {
    f"{encoder}-mean-normalize": Recipe(pooled("mean", Normalize()), encoder, hidden, layers)
    for encoder, hidden, layers in (
        ("roberta", 32, 2),
        ("xlm-roberta", 40, 2),
        ("distilbert", 32, 3),
    )
}
HEADS = {
    "bert-all-modes": Recipe(pooled(ALL_MODES)),
    "bert-cls-mean-normalize": Recipe(pooled(["cls", "mean"], Normalize()), hidden=48, layers=1),
    "dense-tanh": Recipe(dense(24, TANH)),
    "dense-identity": Recipe(dense(40, torch.nn.Identity, bias=False)),
    "dense-relu-residual": Recipe(dense(32, RELU, use_residual=True)),
    "dense-gelu-projected-residual": Recipe(dense(24, GELU, use_residual=True)),
    "dense-on-tokens": Recipe(_on_tokens),
    "names-of-values": Recipe(_renamed),
    "long-chain": Recipe(_long_chain, "distilbert"),
    "layer-pooling": Recipe(_layers, layers=3, config={"output_hidden_states": True}),
    "layer-norm-dropout": Recipe(lambda w: (Pooling(w, "max"), Dropout(0.1), LayerNorm(w))),
    "gelu-tanh": Recipe(pooled("mean"), config={"hidden_act": "gelu_new"}),
}
PROMPTS = {
    "prompts-default": Recipe(
        pooled(),
        saved={
            "prompts": {k: v for k, v in NAMED.items() if k != "passage"},
            "default_prompt_name": "cluster",
            "truncate_dim": 20,
            "similarity_fn_name": "euclidean",
        },
        prompts=("cluster", "query"),
    ),
    "prompts-left-out": Recipe(
        pooled(ALL_MODES, include_prompt=False),
        saved={"prompts": {"query": NAMED["query"], "document": "the text: "}},
        prompts=("query", "document"),
    ),
    "prompts-left-out-bytes": Recipe(
        pooled(["mean", "max", "cls"], include_prompt=False),
        "roberta",
        saved={"prompts": NAMED, "similarity_fn_name": "dot"},
        prompts=("query", "cluster"),
    ),
    "prompts-left-padded": Recipe(
        pooled(["mean", "lasttoken"], include_prompt=False),
        tokenizer={"padding_side": "left", "truncation_side": "left"},
        saved={"prompts": NAMED, "similarity_fn_name": "manhattan"},
        prompts=("cluster",),
    ),
}
STATICS = {
    "static": Recipe(encoder=STATIC, hidden=24),
    "static-normalize-model2vec": Recipe(
        lambda _: (Normalize(),), STATIC, 24, rewrite=layouts.old(then=layouts.model2vec)
    ),
}
CUT = {"max_seq_length": 24, "do_lower_case": False}
OLD = {
    "old-bert": Recipe(
        pooled("mean", Normalize()),
        rewrite=layouts.old(settings=CUT, then=layouts.without_module_names),
    ),
    "old-bert-lowered": Recipe(
        pooled(["cls", "max", "mean"]),
        lowercase=False,
        rewrite=layouts.old(settings={"max_seq_length": 32, "do_lower_case": True}, by_file=True),
    ),
    "old-bert-tokenizer": Recipe(
        pooled("cls"), rewrite=layouts.old(settings={}, then=layouts.bert_tokenizer)
    ),
    "old-bert-settings-win": Recipe(
        pooled("cls"),
        lowercase=False,
        rewrite=layouts.old(settings=CUT, then=layouts.bert_tokenizer),
    ),
    "old-roberta-prefix-space": Recipe(
        pooled("cls"),
        "roberta",
        rewrite=layouts.old(settings=CUT, then=layouts.roberta_tokenizer),
    ),
    "old-bert-vocabulary": Recipe(
        pooled("lasttoken"), rewrite=layouts.old(settings=CUT, then=layouts.vocabulary_only)
    ),
    "old-roberta": Recipe(
        pooled("mean_sqrt_len_tokens"),
        "roberta",
        rewrite=layouts.old("sentence_roberta_config.json", CUT, by_file=True),
    ),
    "old-xlm-roberta": Recipe(
        pooled("weightedmean"),
        "xlm-roberta",
        rewrite=layouts.old("sentence_xlm-roberta_config.json", {**CUT, "max_seq_length": 48}),
    ),
    "old-distilbert": Recipe(
        dense(24, TANH),
        "distilbert",
        rewrite=layouts.old(
            "sentence_distilbert_config.json", CUT, then=layouts.without_module_names
        ),
    ),
}

RECIPES: Mapping[str, Recipe] = {**MODES, **ENCODERS, **HEADS, **PROMPTS, **STATICS, **OLD}
