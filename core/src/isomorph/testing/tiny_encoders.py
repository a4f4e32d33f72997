"""Tiny transformer encoders as data: a ``config.json``, and the shapes of the tensors beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from isomorph.encoders import describe
from isomorph.encoders.family import Family, Tiny
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
        classified = self.settings.get("transformer_task") == "sequence-classification"
        own = shapes_of(describe(self.config, classified), self.hidden) | self.unused
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
    *,
    hidden: int = 32,
    layers: int = 2,
    inner: int = 48,
    positions: int = 64,
    types: int = 2,
    hidden_states: bool = False,
    **files: Any,
) -> TinyEncoder:
    """The plain encoder of the kit: BERT, with the pooler that its files have and nobody reads."""
    config: dict[str, Any] = {
        "model_type": "bert",
        "architectures": ["BertModel"],
        "vocab_size": len(vocabulary()),
        "hidden_size": hidden,
        "num_attention_heads": 4,
        "num_hidden_layers": layers,
        "intermediate_size": inner,
        "max_position_embeddings": positions,
        "type_vocab_size": types,
        "hidden_act": "gelu",
        "layer_norm_eps": 1e-12,
        "pad_token_id": 0,
    }
    if hidden_states:
        config["output_hidden_states"] = True
    pooler: Shapes = {"pooler.dense.weight": (hidden, hidden), "pooler.dense.bias": (hidden,)}
    return TinyEncoder(config, positions, pooler, **files)


def of_family(family: Family, tiny: Tiny) -> TinyEncoder:
    """One of the small models that a family names."""
    sizes = USUAL if tiny.usual else {}
    words, options = {"vocab_size": len(vocabulary())}, dict(tiny.options)
    if "text_config" in options:  # the encoder is a part of the model, with options of its own
        options["text_config"] = {**options["text_config"], **words}
        words = {}
    config = {**words, **sizes, "model_type": family.model_type, **options}
    encoder = describe(config)
    return TinyEncoder(config, encoder.longest or 64, dict(family.unread(encoder)))


USUAL = {
    "hidden_size": 32,
    "num_attention_heads": 4,
    "num_hidden_layers": 2,
    "intermediate_size": 24,
    "max_position_embeddings": 64,
    "pad_token_id": 0,
    # Some configurations have defaults for these that are beyond a tiny vocabulary.
    **dict.fromkeys(("bos_token_id", "eos_token_id", "cls_token_id", "sep_token_id"), 2),
}
