"""Kinds of files, each with the tiny model that it lives in: a line here is a kind more to spoil."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

import numpy as np
from parity.message_models import build
from pickled_files import NAME, convert
from safetensors.numpy import load_file, save_file

from isomorph.testing import models
from isomorph.testing.tokenizer import vocabulary

PARITY = Path(__file__).resolve().parents[1] / "parity"
Write = Callable[[Path], object]


@dataclass(frozen=True, slots=True)
class Kind:
    """Files of one sort: how the folder that holds them is written, and what is asked of it.

    ``files`` are patterns below the folder of those that are spoilt. ``door`` names a function of
    `hostile.doors`, ``of`` the class that loads the model, ``inputs`` what it is asked about, a name of
    `hostile.doors.INPUTS`, ``task`` the route of a model with routes. A
    ``refused`` kind is no model that we read, unspoilt or not. Files that ``whole`` names are spoilt as
    a whole alone: what may stand in them is another kind's.
    """

    name: str
    write: Write
    files: tuple[str, ...]
    door: str = "encode"
    of: str = "SentenceTransformer"
    inputs: str = "texts"
    task: str | None = None
    refused: bool = False
    whole: tuple[str, ...] = ()


def _model(name: str, model: str, *files: str, of: str = "SentenceTransformer") -> Kind:
    return Kind(name, partial(_as_today, model), files, of=of)


def _as_today(model: str, folder: Path) -> None:
    """A tiny model whose modules are called what they are called now: some have no older name."""
    from isomorph.saving.modules import current_type

    models.write(model, folder)
    listed = folder / "modules.json"
    if listed.is_file():
        entries = json.loads(listed.read_text("utf-8"))
        _json(listed, [{**entry, "type": current_type(entry["type"])} for entry in entries])


def _family(model: str) -> Kind:
    return Kind(f"config of {model}", partial(_encoder, model), ("config.json",))


def _encoder(model: str, folder: Path) -> None:
    """A tiny encoder with a tokenizer that is the same whatever the family."""
    _as_today(model, folder)
    file = folder / "tokenizer_config.json"
    settings = json.loads(file.read_text("utf-8"))
    _json(file, {**settings, "tokenizer_class": "TokenizersBackend"})


FAMILIES = (
    "bert", "roberta", "xlm-roberta", "camembert", "distilbert", "electra", "albert", "mpnet",
    "deberta-shared", "modernbert", "nomic", "gte-published", "t5", "umt5", "llama", "mistral",
    "qwen2", "qwen3", "gemma3", "bert-alibi", "deberta", "eurobert", "gemma", "gemma2", "granite",
    "jina3", "olmo2", "rembert", "xlm-roberta-rotary", "llama-both-ways", "mt5",
)  # fmt: skip
WORDS = ("vocab.*", "merges.txt", "*.model", "*token*.json")
"""The files of a vocabulary."""
CROSS, SPARSE, MULTI = "CrossEncoder", "SparseEncoder", "MultiVectorEncoder"


def _chains() -> Iterator[Kind]:
    yield _model("list of modules", "everything", "modules.json")
    yield _model("settings of the model", "normalize", "config_sentence_transformers.json")
    yield _model("settings of the transformer", "pool-max", "sentence_bert_config.json")
    yield _model("Pooling", "pool-concat", "1_Pooling/config.json")
    yield _model("Pooling in flags", "pool-flags", "1_Pooling/config.json")
    yield _model("Pooling without prompts", "prompt-cls-max", "1_Pooling/config.json")
    yield _model("Pooling by cls", "pool-cls", "1_Pooling/config.json")
    yield _model("Dense", "dense-projected-residual", "2_Dense/config.json")
    yield _model("weights of Dense", "dense-tanh", "2_Dense/model.safetensors")
    yield _model("LayerNorm", "layer-norm", "2_LayerNorm/*")
    yield _model("Dropout", "dropout", "2_Dropout/config.json")
    yield _model("weighted layers", "weighted-layers", "1_WeightedLayerPooling/*")
    yield _model("words", "words", "0_WordEmbeddings/*")
    yield _model("words of pieces", "words-of-pieces", "0_WordEmbeddings/*_config.json")
    write = partial(_copy, PARITY / "words" / "phrases")
    yield Kind("phrases", write, ("phrasetokenizer_config.json", "wordembedding_config.json"))
    yield _model("weights of words", "words-weighted", "1_WordWeights/config.json")
    yield _model("CNN", "cnn", "1_CNN/*")
    yield _model("LSTM", "lstm", "1_LSTM/*")
    yield _model("BoW", "bow", "0_BoW/config.json")
    yield _model("static table", "static", "0_StaticEmbedding/*.safetensors")
    yield _model("static clusters", "static-clusters", "model.safetensors")
    yield _model("SPLADE", "splade", "1_SpladePooling/config.json", of=SPARSE)
    yield _model("auto-encoder", "auto-encoder-normalized", "2_SparseAutoEncoder/*", of=SPARSE)
    yield _model(
        "sparse table", "sparse-static", "0_SparseStaticEmbedding/*.safetensors", of=SPARSE
    )
    yield Kind("late interaction", _late_interaction, ("[1-4]_*/config.json",), of=MULTI)
    yield Kind("logit score", _logit_score, ("1_LogitScore/config.json",), of=CROSS)
    yield _copied("Router", "two-heads", "2_Router/router_config.json")
    yield _copied("Asym", "asym", "2_Asym/config.json", task="question")
    yield _copied("routes", "two-encoders", "router_config.json", "modules.json")


def _late_interaction(folder: Path) -> None:
    _as_today("late-interaction", folder)
    settings = {"model_type": "MultiVectorEncoder", "similarity_fn_name": "maxsim"}
    _json(folder / "config_sentence_transformers.json", settings)


def _copied(name: str, model: str, *files: str, task: str = "query") -> Kind:
    write = partial(_copy, PARITY / "routed" / "models" / model)
    return Kind(name, write, files, task=task)


def _logit_score(folder: Path) -> None:
    _copy(PARITY / "cross_encoders" / "models" / "llama-logit", folder)


def _copy(source: Path, folder: Path) -> None:
    shutil.copytree(source, folder, dirs_exist_ok=True)


def _encoders() -> Iterator[Kind]:
    yield from map(_family, FAMILIES)
    yield _model("config of a classifier", "bert-sequence-classification", "config.json", of=CROSS)
    yield _model("config of a word model", "splade-untied", "config.json", of=SPARSE)
    yield _model("plain transformer", "bert-plain", "config.json", "sentence_bert_config.json")
    yield _model("weights", "pool-cls", "model.safetensors")
    yield _model("weights in float16", "bert-float16-file", "model.safetensors")
    yield Kind("pickled weights", _pickled, (NAME,))
    yield Kind("pickled weights of old", partial(_pickled, layout="legacy"), (NAME,))
    yield Kind("adapter", _adapter, ("adapter_*",))
    yield _model("index of shards", "bert-shards", "model.safetensors.index.json")
    yield _model("a shard", "bert-shards", "model-00002-of-00003.safetensors")


def _pickled(folder: Path, layout: str = "zipped") -> None:
    models.write("pool-cls", folder)
    convert(folder, layout)


def _adapter(folder: Path) -> None:
    _copy(PARITY / "models" / "bert-mean", folder)
    _copy(PARITY / "adapters" / "patterns", folder)


def _tokenizers() -> Iterator[Kind]:
    yield _model("tokenizer", "pool-cls", "tokenizer.json")
    yield _model("settings of the tokenizer", "pool-last", "tokenizer_config.json")
    yield _model("tokenizer of a decoder", "qwen3", "tokenizer.json", "tokenizer_config.json")
    yield Kind("vocabulary", _vocabulary, ("vocab.txt", "*token*.json"))
    yield _words_of("added tokens", "added-with-roles", "bert")
    yield _words_of("byte pairs", "gpt2", "llama")
    yield _words_of("a unigram model", "xlm-roberta", "xlm-roberta")
    yield Kind("chat template", _template, ("chat_template.jinja", "tokenizer_config.json"))
    yield Kind("named templates", _templates, ("tokenizer_config.json",))
    yield Kind("SentencePiece alone", _sentencepiece, ("spiece.model",), refused=True)


def _words_of(name: str, vocabulary: str, model: str) -> Kind:
    """A tiny model beside the recorded files of a vocabulary, from which its tokenizer is made."""
    return Kind(name, partial(_worded, vocabulary, model), WORDS)


def _worded(name: str, model: str, folder: Path) -> None:
    models.write(model, folder)
    _with_rows(600, folder)
    for old in ("tokenizer.json", "tokenizer_config.json"):
        (folder / old).unlink()
    for file in (PARITY / "vocabularies" / name).iterdir():
        if file.name != "config.json":
            shutil.copy(file, folder)


def _with_rows(rows: int, folder: Path) -> None:
    """A table of so many rows, in place of the one for the tiny models' own vocabulary."""
    config = json.loads((folder / "config.json").read_text("utf-8"))
    arrays = load_file(folder / "model.safetensors")
    for name, array in arrays.items():
        if len(array) == config["vocab_size"]:
            arrays[name] = np.resize(array, (rows, *array.shape[1:]))
    save_file(arrays, folder / "model.safetensors", {"format": "pt"})
    _json(folder / "config.json", {**config, "vocab_size": rows})


def _template(folder: Path, variant: str = "texts-structured") -> None:
    build(variant, folder)


def _templates(folder: Path) -> None:
    _template(folder, "texts-several")


def _vocabulary(folder: Path) -> None:
    """BERT's files from before there was a tokenizer.json."""
    models.write("pool-mean-sqrt", folder)
    (folder / "tokenizer.json").unlink()
    (folder / "vocab.txt").write_text("".join(f"{token}\n" for token in vocabulary()), "utf-8")
    settings = {"tokenizer_class": "BertTokenizer", "do_lower_case": True}
    _json(folder / "tokenizer_config.json", settings)
    specials = {"cls_token": "[CLS]", "sep_token": "[SEP]", "pad_token": "[PAD]"}
    _json(folder / "special_tokens_map.json", {**specials, "unk_token": "[UNK]"})


def _sentencepiece(folder: Path) -> None:
    """A model whose words are in a file that is not read here."""
    models.write("xlm-roberta", folder)
    (folder / "tokenizer.json").unlink()
    _json(folder / "tokenizer_config.json", {"tokenizer_class": "XLMRobertaTokenizer"})
    (folder / "spiece.model").write_bytes(b"\x0a\x0e\x0a\x05<unk>\x15\0\0\0\0\x18\x02" * 8)


def _json(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, indent=1), "utf-8")


@cache
def kinds() -> dict[str, Kind]:
    """All kinds by name."""
    from hostile import places, senses

    found = [*_chains(), *_encoders(), *_tokenizers(), *senses.kinds(), *places.kinds()]
    return {kind.name: kind for kind in found}
