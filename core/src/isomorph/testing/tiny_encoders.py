"""Tiny transformer encoders as data: a ``config.json``, and the shapes of the tensors beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from isomorph.encoders import describe
from isomorph.encoders.tensors import Shapes, shapes_of
from isomorph.testing.tokenizer import vocabulary


@dataclass(frozen=True, slots=True)
class TinyEncoder:
    """What goes into the folder of a transformer module.

    `unused` are tensors that lie in the files and that an encoder alone does not read; `head` are
    those of a head, beside which the encoder's own names begin with `inside`. `prefix` stands before
    each tensor's name, `old_norms` spells the norms as files did before 2019, `stored` is the type in the
    file, `shards` the number of files.
    """

    config: Mapping[str, Any]
    longest: int = 64
    unused: Shapes = field(default_factory=dict)
    head: Shapes = field(default_factory=dict)
    inside: str = ""
    prefix: str = ""
    old_norms: bool = False
    stored: str = "float32"
    shards: int = 1
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def shapes(self) -> Shapes:
        """Names and shapes of all tensors."""
        own = shapes_of(describe(self.config), self.hidden) | self.unused
        return {self.inside + name: shape for name, shape in own.items()} | self.head

    @property
    def hidden(self) -> int:
        """Features of a token vector."""
        return describe(self.config).hidden

    @property
    def pad_id(self) -> int:
        """The id of the padding token."""
        return int(self.config.get("pad_token_id", 0))


def bert(
    model_type: str = "bert",
    *,
    hidden: int = 32,
    heads: int = 4,
    layers: int = 2,
    inner: int = 48,
    positions: int = 64,
    types: int = 2,
    act: str = "gelu",
    pad_id: int = 0,
    hidden_states: bool = False,
    **files: Any,
) -> TinyEncoder:
    """BERT, or a descendant whose positions start after the padding id."""
    after_padding = model_type != "bert"
    config = {
        "model_type": model_type,
        "architectures": [_ARCHITECTURES[model_type]],
        "vocab_size": len(vocabulary(pad_id)),
        "hidden_size": hidden,
        "num_attention_heads": heads,
        "num_hidden_layers": layers,
        "intermediate_size": inner,
        "max_position_embeddings": positions + pad_id + 1 if after_padding else positions,
        "type_vocab_size": types,
        "hidden_act": act,
        "layer_norm_eps": 1e-5 if after_padding else 1e-12,
        "pad_token_id": pad_id,
    }
    if hidden_states:
        config["output_hidden_states"] = True
    pooler: Shapes = {"pooler.dense.weight": (hidden, hidden), "pooler.dense.bias": (hidden,)}
    return TinyEncoder(config, positions, pooler, **files)


_ARCHITECTURES = {
    "bert": "BertModel",
    "roberta": "RobertaModel",
    "xlm-roberta": "XLMRobertaModel",
    "camembert": "CamembertModel",
}


def encoder(model_type: str, **options: Any) -> TinyEncoder:
    """An encoder of any family whose options have the usual names, its padding token at 0."""
    return TinyEncoder({**_USUAL, "model_type": model_type, **options})


_USUAL = {
    "vocab_size": len(vocabulary()),
    "hidden_size": 32,
    "num_attention_heads": 4,
    "num_hidden_layers": 2,
    "intermediate_size": 24,
    "max_position_embeddings": 64,
    "pad_token_id": 0,
    # Some configurations have defaults for these that are beyond a tiny vocabulary.
    **dict.fromkeys(("bos_token_id", "eos_token_id", "cls_token_id", "sep_token_id"), 2),
}


def decoder(model_type: str, **options: Any) -> TinyEncoder:
    """A decoder with two queries to a key."""
    return encoder(model_type, head_dim=8, num_key_value_heads=2, **options)


def t5(model_type: str = "t5", **options: Any) -> TinyEncoder:
    """The encoder of T5 or a descendant."""
    config = {
        "model_type": model_type,
        "vocab_size": len(vocabulary()),
        "d_model": 32,
        "d_kv": 8,
        "d_ff": 24,
        "num_layers": 2,
        "num_heads": 4,
        "pad_token_id": 0,
        **options,
    }
    return TinyEncoder(config)


def distilbert(*, hidden: int = 32, layers: int = 2, inner: int = 48) -> TinyEncoder:
    """DistilBERT."""
    config = {
        "model_type": "distilbert",
        "architectures": ["DistilBertModel"],
        "vocab_size": len(vocabulary()),
        "dim": hidden,
        "n_heads": 4,
        "n_layers": layers,
        "hidden_dim": inner,
        "max_position_embeddings": 64,
        "activation": "gelu",
        "sinusoidal_pos_embds": False,
        "pad_token_id": 0,
    }
    return TinyEncoder(config)
