"""Where ``tokenizer_config.json`` overrules ``tokenizer.json``.

The two can disagree, since settings were edited by hand or saved by another class. transformers lets
the settings of its BERT and RoBERTa tokenizers win over what stands in ``tokenizer.json``; its
generic class takes that file as it is. A normaliser of several steps is left alone, since it was
composed on purpose.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tokenizers import Tokenizer, normalizers, pre_tokenizers

from isomorph.errors import BadModel
from isomorph.read.folder import Folder

_BERT_CLASSES = ("Bert", "DistilBert", "Electra", "MPNet", "MobileBert")
_BERT_TYPES = ("bert", "distilbert", "electra", "mpnet", "mobilebert", "nomic_bert")
_ROBERTA_CLASSES = ("Roberta",)
_ROBERTA_TYPES = ("roberta",)


def read_json(folder: Folder, name: str) -> dict[str, Any]:
    """The object in a file, {} where there is none.

    Raises:
        BadModel: the file holds no JSON object.
    """
    content = folder.json(name) if folder.file(name) is not None else {}
    if not isinstance(content, dict):
        raise BadModel(f"{folder.path(name)} holds {type(content).__name__}, not an object.")
    return content


def overrule(tokenizer: Tokenizer, folder: Folder) -> None:
    """Applies the settings of a folder that win over its ``tokenizer.json``."""
    settings = read_json(folder, "tokenizer_config.json")
    model_type = read_json(folder, "config.json").get("model_type")
    if _is(settings, model_type, _BERT_CLASSES, _BERT_TYPES):
        if isinstance(tokenizer.normalizer, normalizers.BertNormalizer):
            tokenizer.normalizer = bert_normalizer(settings)
    elif _is(settings, model_type, _ROBERTA_CLASSES, _ROBERTA_TYPES):
        split = tokenizer.pre_tokenizer
        if isinstance(split, pre_tokenizers.ByteLevel):
            split.add_prefix_space = bool(settings.get("add_prefix_space", False))
            tokenizer.pre_tokenizer = split


def bert_normalizer(settings: Mapping[str, Any]) -> normalizers.Normalizer:
    """BERT's clean-up; what the settings leave out is as transformers' class has it."""
    return normalizers.BertNormalizer(
        lowercase=bool(settings.get("do_lower_case", True)),
        strip_accents=settings.get("strip_accents"),
        handle_chinese_chars=bool(settings.get("tokenize_chinese_chars", True)),
    )


def _is(
    settings: Mapping[str, Any],
    model_type: str | None,
    classes: tuple[str, ...],
    model_types: tuple[str, ...],
) -> bool:
    """Whether the tokenizer's class is one of these; where none is named the model decides."""
    name = settings.get("tokenizer_class")
    if not name:
        return model_type in model_types
    return str(name).removesuffix("Fast").removesuffix("Tokenizer") in classes
