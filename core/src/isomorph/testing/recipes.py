"""The catalogue of tiny models, as data: at least one for each operation, option and encoder family.

A `Recipe` is an encoder (or a table of static vectors) and the modules after it. Adding a line to
`CATALOGUE` adds a model to every law about numbers; `isomorph.testing.asked` says which laws those are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from isomorph.encoders.decoders import GROUPED
from isomorph.encoders.describe import families
from isomorph.encoders.family import Tiny
from isomorph.encoders.tensors import Shapes
from isomorph.testing.tiny_encoders import TinyEncoder, bert, of_family
from isomorph.testing.tiny_heads import causal_lm, masked_lm, with_heads
from isomorph.testing.tiny_towers import TinyTower, tiny_towers
from isomorph.testing.tiny_words import Bag, Words, cnn_shapes, lstm_shapes, weights
from isomorph.testing.tokenizer import vocabulary

_CLASSES = "sentence_transformers.models"
_LATEST = "sentence_transformers"
_SPARSE = "sentence_transformers.sparse_encoder.models"
_HIDDEN = 32


@dataclass(frozen=True, slots=True)
class Part:
    """A module after the first: its class, its configuration, the shapes of its tensors."""

    kind: str
    config: Mapping[str, Any]
    shapes: Shapes
    reference: str = ""
    file: str = "config.json"

    @property
    def type(self) -> str:
        """The class reference that ``modules.json`` gets."""
        return self.reference or f"{_CLASSES}.{self.kind}"


@dataclass(frozen=True, slots=True)
class Static:
    """A StaticEmbedding module: the name of its table, the folder where it lies, how it is stored.

    With `clusters` the table has so many rows, and every token a mapping to one and a weight.
    """

    table: str
    path: str
    width: int = 24
    stored: str = "float32"
    clusters: int | None = None


@dataclass(frozen=True, slots=True)
class SparseStatic:
    """A SparseStaticEmbedding module; without `whole` only the first half of all tokens has a weight."""

    path: str = "0_SparseStaticEmbedding"
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Recipe:
    """A whole model; without `listed` the folder has no ``modules.json``."""

    first: TinyEncoder | TinyTower | Static | SparseStatic | Words | Bag
    parts: tuple[Part, ...] = ()
    listed: bool = True


def pooling(*modes: str, hidden: int = _HIDDEN, **config: Any) -> Part:
    """Pooling in the current spelling."""
    spelled = modes[0] if len(modes) == 1 else list(modes)
    config = {"embedding_dimension": hidden, "pooling_mode": spelled, **config}
    return Part("Pooling", config, {})


def flags(*names: str) -> Part:
    """Pooling in the spelling of old files, one boolean a mode."""
    modes = ("cls_token", "mean_tokens", "max_tokens", "mean_sqrt_len_tokens")
    config: dict[str, Any] = {f"pooling_mode_{mode}": mode in names for mode in modes}
    config["word_embedding_dimension"] = _HIDDEN
    return Part("Pooling", config, {}, f"{_CLASSES}.Pooling.Pooling")


def dense(
    act: str = "Identity",
    wide: int = _HIDDEN,
    narrow: int = 20,
    bias: bool = True,
    residual: bool = False,
    **config: Any,
) -> Part:
    """Dense; a residual of another width has a projection of its own."""
    places = {"Identity": "linear"}
    config |= {
        "in_features": wide,
        "out_features": narrow,
        "bias": bias,
        "activation_function": f"torch.nn.modules.{places.get(act, 'activation')}.{act}",
    }
    shapes: Shapes = {"linear.weight": (narrow, wide)}
    if bias:
        shapes["linear.bias"] = (narrow,)
    if residual:
        config["use_residual"] = True
        if wide != narrow:
            shapes["residual.weight"] = (narrow, wide)
    return Part("Dense", config, shapes)


def logit_score(true: int, false: int | None) -> Part:
    """The score of one word over that of another at the last token."""
    config = {"true_token_id": true, "false_token_id": false}
    return Part("LogitScore", config, {}, f"{_LATEST}.cross_encoder.modules.logit_score.LogitScore")


def layer_norm(size: int = _HIDDEN) -> Part:
    """LayerNorm on the sentence embedding."""
    return Part("LayerNorm", {"dimension": size}, {"norm.weight": (size,), "norm.bias": (size,)})


def weighted_layers(layers: int, start: int) -> Part:
    """WeightedLayerPooling over the layers from `start` upwards, the embeddings being layer 0."""
    config = {
        "word_embedding_dimension": _HIDDEN,
        "layer_start": start,
        "num_hidden_layers": layers,
    }
    return Part("WeightedLayerPooling", config, {"layer_weights": (layers + 1 - start,)})


def splade(strategy: str = "max", act: str = "relu") -> Part:
    """SpladePooling."""
    return Part("SpladePooling", {"pooling_strategy": strategy, "activation_function": act}, {})


def lexical_weights() -> Part:
    """LexicalWeights: one number a token, none for those that stand first and last."""
    tokens = len(vocabulary())
    config = {"in_features": _HIDDEN, "tokens": tokens, "skipped_token_ids": [0, 2, 3]}
    shapes: Shapes = {"linear.weight": (1, _HIDDEN), "linear.bias": (1,)}
    home = "isomorph.modules.lexical_weights"
    return Part("LexicalWeights", config, shapes, f"{home}.LexicalWeights")


def auto_encoder(k: int, normalize: bool = False, tied: bool = True) -> Part:
    """SparseAutoEncoder, its one matrix under the decoder's name where it is `tied`."""
    many = 3 * _HIDDEN
    config = {"input_dim": _HIDDEN, "hidden_dim": many, "k": k, "normalize": normalize}
    matrix = "decoder.linear.weight" if tied else "encoder.weight"
    shapes: Shapes = {"pre_bias": (_HIDDEN,), "latent_bias": (many,), matrix: (many, _HIDDEN)}
    return Part("SparseAutoEncoder", config, shapes, f"{_SPARSE}.SparseAutoEncoder")


def word_weights() -> Part:
    """WordWeights over the tiny vocabulary."""
    return Part("WordWeights", weights(), {})


def cnn(*sizes: int, wide: int = 24, channels: int = 10) -> Part:
    """CNN with kernels of these sizes."""
    config = {
        "in_word_embedding_dimension": wide,
        "out_channels": channels,
        "kernel_sizes": list(sizes),
    }
    return Part("CNN", config, cnn_shapes(wide, channels, sizes), file="cnn_config.json")


def lstm(layers: int = 1, both_ways: bool = True, wide: int = 24, hidden: int = 9) -> Part:
    """LSTM of so many layers."""
    config = {
        "word_embedding_dimension": wide,
        "hidden_dim": hidden,
        "num_layers": layers,
        "dropout": 0.1,
        "bidirectional": both_ways,
    }
    shapes = lstm_shapes(wide, hidden, layers, both_ways)
    return Part("LSTM", config, shapes, file="lstm_config.json")


MEAN = pooling("mean")
LAST = pooling("lasttoken")
NORMALIZE = Part("Normalize", {}, {})
DROPOUT = Part("Dropout", {"dropout": 0.5}, {})
MASK = Part("MultiVectorMask", {"skiplist_words": [".", ","]}, {})
HALVED = Part("HierarchicalTokenPooling", {"pool_factor": 2}, {})
TOKENS_NORMALIZED = Part("Normalize", {"module_input_name": "token_embeddings"}, {})
_NEW_NAMES = "sentence_transformers.sentence_transformer.modules.normalize.Normalize"

_ENCODERS: Mapping[str, TinyEncoder] = {
    name: of_family(family, tiny)
    for family in families().values()
    for name, tiny in family.tiny.items()
}
"""The small models that the families name."""


def _whole(name: str, tiny: Tiny) -> Recipe:
    first = _ENCODERS[name]
    pool = pooling(tiny.pooling, hidden=first.hidden)
    return Recipe(first, (pool, NORMALIZE) if tiny.normalized else (pool,))


_TINY_TOWERS = tiny_towers()
_TOWERS: Mapping[str, Recipe] = {
    **{
        name: Recipe(tower, (MEAN,) if tower.result == "token_embeddings" else ())
        for name, tower in _TINY_TOWERS.items()
    },
    "clip-image-bfloat16-file": Recipe(replace(_TINY_TOWERS["clip-image"], stored="bfloat16")),
}
"""The small towers that families name, each alone; and one whose kernel is widened as it is read."""

_FAMILIES: Mapping[str, Recipe] = {
    **{n: _whole(n, tiny) for family in families().values() for n, tiny in family.tiny.items()},
    # The ways in which files differ.
    "bert-old-norms": Recipe(bert(old_norms=True), (MEAN,)),
    "bert-prefix": Recipe(bert(prefix="bert."), (MEAN,)),
    "bert-float16-file": Recipe(bert(stored="float16"), (MEAN,)),
    "bert-bfloat16-file": Recipe(bert(stored="bfloat16"), (MEAN,)),
    "bert-shards": Recipe(bert(shards=3), (MEAN,)),
    "bert-plain": Recipe(bert(), listed=False),
}

_DECODER = of_family(families()["llama"], Tiny(GROUPED))

_MODULES: Mapping[str, Recipe] = {
    # Pooling.
    "pool-cls": Recipe(bert(), (pooling("cls"),)),
    "pool-max": Recipe(bert(), (pooling("max"),)),
    "pool-mean-sqrt": Recipe(bert(), (pooling("mean_sqrt_len_tokens"),)),
    "pool-weighted": Recipe(bert(), (pooling("weightedmean"),)),
    "pool-last": Recipe(bert(), (pooling("lasttoken"),)),
    "pool-concat": Recipe(bert(), (pooling("mean", "max", "cls"),)),
    "pool-all": Recipe(
        bert(),
        (pooling("cls", "max", "mean", "mean_sqrt_len_tokens", "weightedmean", "lasttoken"),),
    ),
    "pool-flags": Recipe(bert(), (flags("mean_tokens", "cls_token", "max_tokens"),)),
    "prompt-mean": Recipe(bert(), (pooling("mean", include_prompt=False),)),
    "prompt-cls-max": Recipe(bert(), (pooling("cls", "max", include_prompt=False),)),
    "prompt-weighted-last": Recipe(
        bert(), (pooling("weightedmean", "lasttoken", include_prompt=False),)
    ),
    # The other modules.
    "normalize": Recipe(bert(), (MEAN, NORMALIZE)),
    "normalize-new-name": Recipe(bert(), (MEAN, Part("Normalize", {}, {}, _NEW_NAMES))),
    "dense-identity": Recipe(bert(), (MEAN, dense())),
    "dense-tanh": Recipe(bert(), (MEAN, dense("Tanh"))),
    "dense-relu": Recipe(bert(), (MEAN, dense("ReLU"))),
    "dense-sigmoid": Recipe(bert(), (MEAN, dense("Sigmoid"))),
    "dense-gelu": Recipe(bert(), (MEAN, dense("GELU"))),
    "dense-silu": Recipe(bert(), (MEAN, dense("SiLU"))),
    "dense-no-bias": Recipe(bert(), (MEAN, dense(bias=False))),
    "dense-residual": Recipe(bert(), (MEAN, dense("Tanh", narrow=_HIDDEN, residual=True))),
    "dense-projected-residual": Recipe(bert(), (MEAN, dense("ReLU", residual=True))),
    "dense-on-tokens": Recipe(
        bert(), (dense(module_input_name="token_embeddings"), pooling("mean", hidden=20))
    ),
    "layer-norm": Recipe(bert(), (MEAN, layer_norm())),
    "dropout": Recipe(bert(), (MEAN, DROPOUT, NORMALIZE)),
    "weighted-layers": Recipe(
        bert(layers=3, hidden_states=True), (weighted_layers(3, start=1), MEAN)
    ),
    "everything": Recipe(
        _ENCODERS["roberta"],
        (
            pooling("mean", "max"),
            dense("GELU", wide=2 * _HIDDEN, narrow=28),
            layer_norm(28),
            DROPOUT,
            dense("Tanh", wide=28, narrow=16),
            NORMALIZE,
        ),
    ),
    # Heads.
    "splade": Recipe(masked_lm(bert(old_norms=True)), (splade(),)),
    "splade-untied": Recipe(masked_lm(bert(), tied=False), (splade("max", "log1p_relu"),)),
    "splade-sum": Recipe(masked_lm(bert()), (splade("sum"), NORMALIZE)),
    "lexical-weights": Recipe(bert(), (lexical_weights(),)),
    "logit-score": Recipe(causal_lm(_DECODER), (logit_score(9, 14),)),
    "logit-of-one-word": Recipe(causal_lm(_DECODER), (logit_score(9, None),)),
    # One vector a token.
    "late-interaction": Recipe(
        bert(), (dense(module_input_name="token_embeddings"), MASK, TOKENS_NORMALIZED, HALVED)
    ),
    # Few features of many.
    "auto-encoder": Recipe(bert(), (MEAN, auto_encoder(12))),
    "auto-encoder-normalized": Recipe(bert(), (MEAN, auto_encoder(5, True, tied=False), NORMALIZE)),
    "auto-encoder-whole": Recipe(bert(), (MEAN, auto_encoder(1000))),
    "sparse-static": Recipe(SparseStatic()),
    "sparse-static-half": Recipe(SparseStatic(whole=False), (NORMALIZE,)),
    # Vectors without a transformer.
    "static": Recipe(Static("embedding.weight", "0_StaticEmbedding")),
    "static-table-at-root": Recipe(Static("embeddings", ""), (NORMALIZE,)),
    "static-dense": Recipe(
        Static("embedding.weight", "0_StaticEmbedding"), (dense("Tanh", wide=24, narrow=10),)
    ),
    "static-clusters": Recipe(Static("embeddings", "", clusters=20)),
    "static-int8-clusters": Recipe(Static("embeddings", "", stored="int8", clusters=20)),
    "static-float16-file": Recipe(Static("embeddings", "", stored="float16")),
    "words": Recipe(Words(), (pooling("mean", hidden=24),)),
    "words-of-pieces": Recipe(Words(split=""), (pooling("cls", "mean", hidden=24), NORMALIZE)),
    "words-weighted": Recipe(
        Words(),
        (word_weights(), pooling("mean", "mean_sqrt_len_tokens", "weightedmean", hidden=24)),
    ),
    "cnn": Recipe(Words(), (cnn(1, 3, 5), pooling("max", hidden=30))),
    "cnn-one-kernel": Recipe(Words(), (cnn(7), pooling("mean", "lasttoken", hidden=10))),
    "cnn-behind-bert": Recipe(bert(layers=1), (cnn(3, 1, wide=32), pooling("mean", hidden=20))),
    "lstm": Recipe(Words(), (lstm(), pooling("mean", hidden=18))),
    "lstm-layers": Recipe(Words(), (lstm(3), pooling("lasttoken", "cls", hidden=18))),
    "lstm-one-way": Recipe(Words(), (lstm(2, both_ways=False), pooling("lasttoken", hidden=9))),
    "lstm-behind-bert": Recipe(bert(layers=1), (lstm(wide=32), pooling("mean", hidden=18))),
    "words-everything": Recipe(
        Words(),
        (
            word_weights(),
            cnn(1, 3),
            lstm(2, wide=20),
            pooling("mean", "weightedmean", hidden=18),
            dense("Tanh", wide=36, narrow=12),
        ),
    ),
    "bow": Recipe(Bag()),
    "bow-set": Recipe(Bag(cumulative=False), (NORMALIZE,)),
    "bow-dense": Recipe(Bag(), (dense("Tanh", wide=len(weights()["vocab"]), narrow=10),)),
    "static-int8": Recipe(Static("embeddings", "", stored="int8"), (NORMALIZE,)),
}

_BEHIND_HEADS: Mapping[str, tuple[Part, ...]] = {
    "sequence-classification": (),
    "fill-mask": (splade(),),
    "text-generation": (logit_score(44, 13),),  # no row's score is near 0, where errors look large
}
_PLAIN = {name: _ENCODERS[next(iter(family.tiny))] for name, family in families().items()}
"""Of each family the plainest model."""

_HEADS: Mapping[str, Recipe] = {
    f"{family}-{task}": Recipe(model, _BEHIND_HEADS[task])
    for family, task, model in with_heads(dict(sorted(_PLAIN.items())))
}

CATALOGUE: Mapping[str, Recipe] = {**_FAMILIES, **_TOWERS, **_HEADS, **_MODULES}
"""The models by name."""

VARIED = (
    "bert-plain",
    "roberta-types",
    "prompt-cls-max",
    "weighted-layers",
    "everything",
    "static-dense",
    "words-everything",
)
"""A few that differ much: enough for laws to which the kind of model hardly matters."""
