"""What ``tokenizer_config.json`` and ``config.json`` say of a tokenizer, and the classes that are refused.

Nothing here imports the tokenizers library, so that a model can be refused before that is needed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from isomorph.errors import BadModel, Unsupported
from isomorph.files.folder import Folder
from isomorph.files.schema import FLAG, TEXT, ListOf, Schema, Whole, judge, maybe
from isomorph.messages.shown import shown
from isomorph.preprocess import japanese
from isomorph.preprocess.tokenizer_classes import OWN_CODE, class_of_model

SETTINGS = "tokenizer_config.json"

_FLAGS = """do_lower_case strip_accents tokenize_chinese_chars split_special_tokens add_prefix_space
    keep_accents split_by_punct do_basic_tokenize add_bos_token add_eos_token legacy
    legacy_behaviour""".split()
_SETTINGS: Schema = {
    "tokenizer_class": maybe(TEXT),
    "wordpieces_prefix": maybe(TEXT),
    "src_lang": maybe(TEXT),
    "never_split": maybe(ListOf(TEXT)),
    **dict.fromkeys(("extra_ids", "offset"), maybe(Whole(0, 10_000))),
    **dict.fromkeys(_FLAGS, maybe(FLAG)),
}
_MODEL: Schema = {"tokenizer_class": maybe(TEXT), "model_type": maybe(TEXT)}


@dataclass(frozen=True, slots=True)
class TokenizerSettings:
    """``tokenizer_config.json`` of a folder, and what ``config.json`` says of its tokenizer.

    ``name`` is the tokenizer's class without a "Fast" at its end, "" where no file names one;
    ``model_type`` is the kind of model, None where there is none.
    """

    folder: Folder
    values: Mapping[str, Any]
    name: str
    model_type: str | None

    @classmethod
    def read(cls, folder: Folder) -> TokenizerSettings:
        """Reads both files.

        Raises:
            BadModel: one of them is damaged, or a setting is not of its kind.
        """
        return cls.of(folder, read_object(folder, SETTINGS), read_object(folder, "config.json"))

    @classmethod
    def of(
        cls, folder: Folder, values: Mapping[str, Any], config: Mapping[str, Any]
    ) -> TokenizerSettings:
        """As `read`, of the content of both files.

        Raises:
            BadModel: a setting is not of its kind.
        """
        judge(values, _SETTINGS, f"{folder}: {SETTINGS}")
        judge(config, _MODEL, f"{folder}: config.json")
        name = values.get("tokenizer_class") or config.get("tokenizer_class") or ""
        model_type = config.get("model_type")
        return cls(folder, values, name.removesuffix("Fast"), model_type)

    @property
    def kind(self) -> str:
        """The class, or where none is named that of the kind of model; "" where neither says."""
        return self.name or class_of_model({"model_type": self.model_type})

    def flag(self, key: str, default: bool) -> bool:
        """A setting that is true or false."""
        found = self.maybe(key)
        return default if found is None else found

    def maybe(self, key: str) -> bool | None:
        """A setting that is true, false or left open."""
        found: bool | None = self.values.get(key)
        return found

    def count(self, key: str, default: int) -> int:
        """A setting that is a number."""
        found: int | None = self.values.get(key)
        return default if found is None else found


def read_object(folder: Folder, name: str) -> dict[str, Any]:
    """The object in a JSON file, {} where there is no such file.

    Raises:
        BadModel: the file is damaged or holds something else.
    """
    content = folder.json(name) if folder.file(name) is not None else {}
    if not isinstance(content, dict):
        raise BadModel(f"{name} in {folder} holds {shown(content)}, not an object.")
    return content


def refuse_own_code(settings: TokenizerSettings) -> None:
    """Refuses a class that splits texts in Python in a way that is not done here, whatever is beside it.

    Raises:
        BadModel: a setting is not of its kind.
        Unsupported: the folder's class is one of these, or asks for what is not done here.
    """
    if settings.kind == japanese.CLASS:
        japanese.Japanese.of(settings.values, f"{settings.folder}: {SETTINGS}")
    if settings.kind not in OWN_CODE:
        return
    beside = settings.folder.file("tokenizer.json") is not None
    way_out = (
        f"If tokenizer.json is right, set tokenizer_class in {SETTINGS} to PreTrainedTokenizerFast."
        if beside
        else "Its vocabulary under another class gives other ids."
    )
    raise Unsupported(
        f"{settings.folder} needs {settings.kind}, which {OWN_CODE[settings.kind]}; this version does "
        f"not have it. {way_out}"
    )
