"""Saved folders rewritten as older versions of the format wrote them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from safetensors.numpy import load_file, save_file

FLAGS = {
    "cls": "pooling_mode_cls_token",
    "max": "pooling_mode_max_tokens",
    "mean": "pooling_mode_mean_tokens",
    "mean_sqrt_len_tokens": "pooling_mode_mean_sqrt_len_tokens",
    "weightedmean": "pooling_mode_weightedmean_tokens",
    "lasttoken": "pooling_mode_lasttoken",
}


def old(
    settings_name: str = "sentence_bert_config.json",
    settings: dict[str, Any] | None = None,
    by_file: bool = False,
    then: Callable[[Path], None] = lambda _: None,
) -> Callable[[Path], None]:
    """A rewrite into the layout of version 2: type strings, module settings, pooling flags."""

    def rewrite(folder: Path) -> None:
        _types(folder, by_file)
        for pooling in folder.glob("*_Pooling/config.json"):
            _pooling(pooling)
        (folder / "sentence_bert_config.json").unlink(missing_ok=True)
        if settings is not None:
            write(folder / settings_name, settings)
        config = folder / "config_sentence_transformers.json"
        versions = {"sentence_transformers": "2.0.0", "transformers": "4.6.1", "pytorch": "1.8.1"}
        write(config, {"__version__": versions})
        then(folder)

    return rewrite


def _types(folder: Path, by_file: bool) -> None:
    """Package form, ``sentence_transformers.models.Pooling``, or file form, with the name twice."""
    path = folder / "modules.json"
    entries = json.loads(path.read_text("utf-8"))
    for entry in entries:
        name = entry["type"].rsplit(".", 1)[-1]
        entry["type"] = f"sentence_transformers.models.{name}" + (f".{name}" if by_file else "")
    write(path, entries)


def _pooling(path: Path) -> None:
    config = json.loads(path.read_text("utf-8"))
    modes = config.pop("pooling_mode")
    modes = [modes] if isinstance(modes, str) else modes
    width = config.pop("embedding_dimension")
    flags = {flag: mode in modes for mode, flag in FLAGS.items()}
    write(path, {"word_embedding_dimension": width, **flags, **config})


def without_module_names(folder: Path) -> None:
    """Dense and Normalize before their input and output had names; Normalize without any file."""
    for path in folder.glob("*_Dense/config.json"):
        config = json.loads(path.read_text("utf-8"))
        for key in ("module_input_name", "module_output_name", "use_residual"):
            config.pop(key, None)
        write(path, config)
    for path in folder.glob("*_Normalize/*"):
        path.unlink()
    for path in folder.glob("*_Normalize"):
        path.rmdir()


def bert_tokenizer(folder: Path) -> None:
    """The tokenizer's settings as version 4 of transformers wrote them for a BERT."""
    names = {"unk": "[UNK]", "sep": "[SEP]", "pad": "[PAD]", "cls": "[CLS]", "mask": "[MASK]"}
    settings = {f"{name}_token": token for name, token in names.items()}
    more = {"do_lower_case": True, "tokenizer_class": "BertTokenizer", "model_max_length": 512}
    write(folder / "tokenizer_config.json", {**settings, **more, "strip_accents": None})


def roberta_tokenizer(folder: Path) -> None:
    """A RoBERTa whose settings ask for a space in front of a text, which ``tokenizer.json`` does not."""
    path = folder / "tokenizer_config.json"
    more = {"tokenizer_class": "RobertaTokenizer", "add_prefix_space": True}
    write(path, {**json.loads(path.read_text("utf-8")), **more})


def vocabulary_only(folder: Path) -> None:
    """A WordPiece vocabulary as text, before ``tokenizer.json``."""
    bert_tokenizer(folder)
    path = folder / "tokenizer.json"
    vocabulary = json.loads(path.read_text("utf-8"))["model"]["vocab"]
    by_id = sorted(vocabulary, key=vocabulary.__getitem__)
    (folder / "vocab.txt").write_text("".join(f"{token}\n" for token in by_id), "utf-8")
    path.unlink()


def model2vec(folder: Path) -> None:
    """A static model as its makers' own tool writes it: another tensor name, the path ``"."``."""
    path = folder / "model.safetensors"
    save_file({"embeddings": load_file(path)["embedding.weight"]}, path)
    entries = json.loads((folder / "modules.json").read_text("utf-8"))
    entries[0]["path"] = "."
    write(folder / "modules.json", entries)


def write(path: Path, content: Any) -> None:
    """JSON as the library indents it."""
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", "utf-8")
