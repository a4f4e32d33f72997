"""Tiny transformer encoders as data: a ``config.json``, and the shapes of the tensors beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from isomorph.testing.tokenizer import vocabulary

Shapes = dict[str, tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class TinyEncoder:
    """What goes into the folder of a transformer module.

    `prefix` stands before each tensor's name, `old_norms` spells the norms as files did before 2019,
    `stored` is the type in the file, `shards` the number of files.
    """

    config: Mapping[str, Any]
    shapes: Shapes
    longest: int
    prefix: str = ""
    old_norms: bool = False
    stored: str = "float32"
    shards: int = 1
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def pad_id(self) -> int:
        """The id of the padding token."""
        return int(self.config.get("pad_token_id", 0))

    @property
    def hidden(self) -> int:
        """Width of a token vector."""
        return int(self.config.get("hidden_size") or self.config["dim"])


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
    rows = positions + pad_id + 1 if after_padding else positions
    config = {
        "model_type": model_type,
        "architectures": [_ARCHITECTURES[model_type]],
        "vocab_size": len(vocabulary(pad_id)),
        "hidden_size": hidden,
        "num_attention_heads": heads,
        "num_hidden_layers": layers,
        "intermediate_size": inner,
        "max_position_embeddings": rows,
        "type_vocab_size": types,
        "hidden_act": act,
        "layer_norm_eps": 1e-5 if after_padding else 1e-12,
        "pad_token_id": pad_id,
    }
    if hidden_states:
        config["output_hidden_states"] = True
    return TinyEncoder(config, _bert_shapes(config), positions, **files)


_ARCHITECTURES = {
    "bert": "BertModel",
    "roberta": "RobertaModel",
    "xlm-roberta": "XLMRobertaModel",
    "camembert": "CamembertModel",
}


def _bert_shapes(config: Mapping[str, Any]) -> Shapes:
    hidden, inner = config["hidden_size"], config["intermediate_size"]
    shapes: Shapes = {
        "embeddings.word_embeddings.weight": (config["vocab_size"], hidden),
        "embeddings.position_embeddings.weight": (config["max_position_embeddings"], hidden),
        "embeddings.token_type_embeddings.weight": (config["type_vocab_size"], hidden),
        **_norm("embeddings.LayerNorm", hidden),
    }
    for layer in range(config["num_hidden_layers"]):
        name = f"encoder.layer.{layer}."
        for part in ("self.query", "self.key", "self.value", "output.dense"):
            shapes |= _linear(f"{name}attention.{part}", hidden, hidden)
        shapes |= _norm(f"{name}attention.output.LayerNorm", hidden)
        shapes |= _linear(f"{name}intermediate.dense", hidden, inner)
        shapes |= _linear(f"{name}output.dense", inner, hidden)
        shapes |= _norm(f"{name}output.LayerNorm", hidden)
    return shapes | _linear("pooler.dense", hidden, hidden)  # in the files, and never used


def classifier(encoder: TinyEncoder, labels: int) -> TinyEncoder:
    """BERT with the head of a sequence classifier, which reads the encoder's pooler."""
    head = _linear("classifier", encoder.hidden, labels)
    names = {str(index): f"LABEL_{index}" for index in range(labels)}
    return _headed(
        encoder, "sequence-classification", "BertForSequenceClassification", head, id2label=names
    )


def masked_lm(encoder: TinyEncoder, tied: bool = True) -> TinyEncoder:
    """BERT with the head of a masked language model, its decoder tied or stored."""
    hidden, words, name = encoder.hidden, int(encoder.config["vocab_size"]), "cls.predictions."
    head = _linear(f"{name}transform.dense", hidden, hidden)
    head |= _norm(f"{name}transform.LayerNorm", hidden)
    head |= {f"{name}bias": (words,)}  # untied it is read by nobody, but transformers writes it
    if not tied:
        head |= _linear(f"{name}decoder", hidden, words)
    return _headed(encoder, "fill-mask", "BertForMaskedLM", head, tie_word_embeddings=tied)


def _headed(
    encoder: TinyEncoder, task: str, architecture: str, head: Shapes, **config: Any
) -> TinyEncoder:
    shapes = {f"bert.{name}": shape for name, shape in encoder.shapes.items()}
    return replace(
        encoder,
        config={**encoder.config, "architectures": [architecture], **config},
        shapes=shapes | head,
        settings={**encoder.settings, "transformer_task": task},
    )


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
    shapes: Shapes = {
        "embeddings.word_embeddings.weight": (len(vocabulary()), hidden),
        "embeddings.position_embeddings.weight": (64, hidden),
        **_norm("embeddings.LayerNorm", hidden),
    }
    for layer in range(layers):
        name = f"transformer.layer.{layer}."
        for part in ("q_lin", "k_lin", "v_lin", "out_lin"):
            shapes |= _linear(f"{name}attention.{part}", hidden, hidden)
        shapes |= _norm(f"{name}sa_layer_norm", hidden)
        shapes |= _linear(f"{name}ffn.lin1", hidden, inner)
        shapes |= _linear(f"{name}ffn.lin2", inner, hidden)
        shapes |= _norm(f"{name}output_layer_norm", hidden)
    return TinyEncoder(config, shapes, 64)


def _linear(name: str, inputs: int, outputs: int) -> Shapes:
    return {f"{name}.weight": (outputs, inputs), f"{name}.bias": (outputs,)}


def _norm(name: str, size: int) -> Shapes:
    return {f"{name}.weight": (size,), f"{name}.bias": (size,)}
