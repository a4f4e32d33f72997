"""Encoders of texts in the sizes of published ones, and what stands behind them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from isomorph.encoders.describe import describe, families
from isomorph.testing.recipes import NORMALIZE, TOKENS_NORMALIZED, Part, dense, pooling, splade
from isomorph.testing.tiny_encoders import TinyEncoder
from isomorph.testing.tiny_heads import classifier, masked_lm
from isomorph_bench.shapes.weights import write_weights
from isomorph_bench.shapes.words import write_pieces

SMALL = {
    "hidden_size": 64,
    "num_attention_heads": 4,
    "num_hidden_layers": 2,
    "intermediate_size": 96,
    "vocab_size": 2000,
}
SPARSE = "sentence_transformers.sparse_encoder.models"
BERT_SPECIALS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
XLM_SPECIALS = ("<s>", "<pad>", "</s>", "<unk>", "<mask>")
Behind = Callable[[int], tuple[Part, ...]]


def vectors(mode: str) -> Behind:
    """Pooling and norm."""
    return lambda hidden: (pooling(mode, hidden=hidden), NORMALIZE)


def weights_of_words(hidden: int) -> tuple[Part, ...]:
    """SPLADE's pooling under the name that sentence-transformers gives it today."""
    return (replace(splade(), reference=f"{SPARSE}.SpladePooling"),)


def token_vectors(hidden: int) -> tuple[Part, ...]:
    """128 numbers a token, of length 1."""
    narrowed = dense(wide=hidden, narrow=128, bias=False, module_input_name="token_embeddings")
    return narrowed, TOKENS_NORMALIZED


@dataclass(frozen=True, slots=True)
class Texts:
    """A family's options, and the modules behind; `head` puts one on the encoder itself."""

    options: Mapping[str, Any]
    behind: Behind
    longest: int = 512
    specials: tuple[str, ...] = BERT_SPECIALS
    ends: tuple[str, str] = ("[CLS]", "[SEP]")
    head: Callable[[TinyEncoder], TinyEncoder] | None = None
    model_type: str = "SentenceTransformer"
    first: str = "sentence_transformers.models.Transformer"
    """The class of the first module."""
    small: Mapping[str, Any] = field(default_factory=dict)

    def __call__(self, folder: Path, small: bool) -> None:
        """Writes the folder."""
        options = {**self.options, **SMALL, **self.small} if small else dict(self.options)
        encoder = describe(options)
        family = families()[options["model_type"]]
        whole = TinyEncoder(options, self.longest, dict(family.unread(encoder)))
        if self.head is not None:
            whole = self.head(whole)
        _json(folder / "config.json", whole.config)
        settings = {"max_seq_length": self.longest, "do_lower_case": False, **whole.settings}
        _json(folder / "sentence_bert_config.json", settings)
        specials = list(self.specials)
        write_pieces(folder, specials, self.ends, options["vocab_size"], self.longest)
        write_weights(
            {whole.prefix + n: s for n, s in whole.shapes.items()}, folder / "model.safetensors"
        )
        if self.model_type == "CrossEncoder":
            return
        entries = [{"path": "", "type": self.first}]
        entries += [
            _part(place, part, folder) for place, part in enumerate(self.behind(encoder.hidden), 1)
        ]
        modules = [{"idx": at, "name": str(at), **entry} for at, entry in enumerate(entries)]
        _json(folder / "modules.json", modules)
        _json(folder / "config_sentence_transformers.json", {"model_type": self.model_type})


def _part(place: int, part: Part, folder: Path) -> dict[str, str]:
    path = f"{place}_{part.kind}"
    (folder / path).mkdir()
    if part.config:
        _json(folder / path / part.file, part.config)
    if part.shapes:
        write_weights(part.shapes, folder / path / "model.safetensors")
    return {"path": path, "type": part.type}


def write_static(folder: Path, small: bool, width: int = 1024) -> None:
    """A table of vectors, one a word, whose mean is that of a text."""
    place = folder / "0_StaticEmbedding"
    place.mkdir()
    words = write_pieces(place, BERT_SPECIALS, ("", ""), 2000 if small else 30522, 1 << 20)
    write_weights({"embedding.weight": (words, width)}, place / "model.safetensors")
    kind = "sentence_transformers.models.StaticEmbedding"
    _json(folder / "modules.json", [{"idx": 0, "name": "0", "path": place.name, "type": kind}])
    _json(folder / "config_sentence_transformers.json", {"model_type": "SentenceTransformer"})


def _json(file: Path, content: Any) -> None:
    file.write_text(json.dumps(content, indent=2), "utf-8")


def bert(hidden: int, layers: int, heads: int) -> dict[str, Any]:
    """Options of a BERT, whose inner width is four times its own."""
    return {
        "model_type": "bert",
        "architectures": ["BertModel"],
        "vocab_size": 30522,
        "hidden_size": hidden,
        "num_attention_heads": heads,
        "num_hidden_layers": layers,
        "intermediate_size": 4 * hidden,
        "max_position_embeddings": 512,
        "type_vocab_size": 2,
        "hidden_act": "gelu",
        "layer_norm_eps": 1e-12,
        "pad_token_id": 0,
        "position_embedding_type": "absolute",  # converters ask published configs for the word
    }


XLM_R = {
    **bert(768, 12, 12),
    "model_type": "xlm-roberta",
    "architectures": ["XLMRobertaModel"],
    "vocab_size": 250002,
    "max_position_embeddings": 514,
    "type_vocab_size": 1,
    "layer_norm_eps": 1e-5,
    "pad_token_id": 1,
}
MODERN_BERT = {
    "model_type": "modernbert",
    "architectures": ["ModernBertModel"],
    "vocab_size": 50368,
    "hidden_size": 768,
    "intermediate_size": 1152,
    "num_hidden_layers": 22,
    "num_attention_heads": 12,
    "max_position_embeddings": 8192,
    "global_attn_every_n_layers": 3,
    "local_attention": 128,
    "global_rope_theta": 160000.0,
    "local_rope_theta": 10000.0,
    "hidden_activation": "gelu",
    "norm_eps": 1e-5,
    "pad_token_id": 0,
}
GRANITE_SMALL = {
    **MODERN_BERT,
    "hidden_size": 384,
    "intermediate_size": 1536,
    "num_hidden_layers": 12,
}
QWEN_3 = {
    "model_type": "qwen3",
    "architectures": ["Qwen3ForCausalLM"],
    "vocab_size": 151669,
    "hidden_size": 1024,
    "intermediate_size": 3072,
    "num_hidden_layers": 28,
    "num_attention_heads": 16,
    "num_key_value_heads": 8,
    "head_dim": 128,
    "max_position_embeddings": 32768,
    "rope_theta": 1000000.0,
    "rms_norm_eps": 1e-6,
    "hidden_act": "silu",
    "tie_word_embeddings": True,
    "pad_token_id": 0,
}
ENCODERS: Mapping[str, Texts] = {
    "bert-base": Texts(bert(768, 12, 12), vectors("mean")),
    "bert-large": Texts(bert(1024, 24, 16), vectors("cls")),
    "xlm-r-base": Texts(XLM_R, vectors("mean"), specials=XLM_SPECIALS, ends=("<s>", "</s>")),
    "modernbert-base": Texts(MODERN_BERT, vectors("mean"), longest=8192),
    "granite-small": Texts(GRANITE_SMALL, vectors("cls"), longest=8192),
    "qwen3-0.6b": Texts(
        QWEN_3,
        vectors("lasttoken"),
        longest=8192,
        ends=("", "[SEP]"),
        small={"num_key_value_heads": 2, "head_dim": 16},
    ),
    "splade": Texts(
        bert(768, 12, 12),
        weights_of_words,
        head=masked_lm,
        model_type="SparseEncoder",
        first=f"{SPARSE}.MLMTransformer",
    ),
    "reranker": Texts(
        bert(384, 6, 12),
        lambda hidden: (),
        head=lambda encoder: classifier(encoder, 1),
        model_type="CrossEncoder",
    ),
    "colbert": Texts(bert(768, 12, 12), token_vectors, model_type="MultiVectorEncoder"),
}
