"""Which chat template a module's texts go through, and with what; data only, nothing is compiled."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from isomorph.errors import BadModel, Unsupported
from isomorph.files.module_folder import ModuleFolder
from isomorph.messages.shown import shown
from isomorph.preprocess.chat_templates import (
    MORE,
    OF_PROCESSORS,
    ONE,
    PROCESSOR_CONFIG,
    TOKENIZER_CONFIG,
    place_beside_images,
    place_of_template,
)
from isomorph.preprocess.messages.chat import FLAT, STRUCTURED, Chat

_FLAT_MODELS = ("apertus", "deepseek_v3", "gpt_oss", "seed_oss")
_SIGNS = ("content[0]", ".type", "'type'", '"type"', "item.type", "message.content[")
"""What in a template says that content is a list of typed parts."""
_NOT_OF_THE_TEMPLATE = (
    "padding", "truncation", "max_length", "return_tensors", "continue_final_message", "tokenize",
    "return_dict", "return_assistant_tokens_mask", "tokenizer_kwargs",
)  # fmt: skip
KEEPS_TAIL = "restore_suffix"
"""The one argument that is not the template's: whether a text that is cut ends with its fixed tail."""
_TEXT_BYTES = 1 << 20


def read_chat(
    source: ModuleFolder, settings: Mapping[str, Any], config: Mapping[str, Any], sees: bool = False
) -> Chat | None:
    """How the module's settings want messages; None where texts go as they are.

    Args:
        source: the module's folder.
        settings: those of the module.
        config: its ``config.json``.
        sees: whether the model takes images, so that its template is that of a processor.

    Raises:
        BadModel: the settings list messages, and there is no template, or it is none.
        Unsupported: the template is a processor's, or the settings ask for more than a template does.
    """
    modalities = settings.get("modality_config") or {}
    if "message" not in modalities:
        return None
    _refuse_expansion(source, settings)
    templates, place = _templates(source, sees)
    kwargs = template_arguments(settings, str(source.place))
    keeps_tail = kwargs.pop(KEEPS_TAIL, True)
    template = _chosen(source, templates, kwargs.pop("chat_template", None), kwargs.get("tools"))
    form = modalities["message"].get("format", "auto")
    if form == "auto":
        form = guessed_format(templates, config.get("model_type"))
    if form not in (STRUCTURED, FLAT):
        raise BadModel(
            f"{source.place}: the format of messages is {shown(form)}, not {STRUCTURED} or {FLAT}."
        )
    return Chat(template, f"{source.folder.root} ({place})", form, kwargs, bool(keeps_tail))


def guessed_format(templates: Mapping[str, str], model_type: object) -> str:
    """Whether a template reads content as a text, guessed from its words as the reference does."""
    if model_type in _FLAT_MODELS:
        return FLAT
    alone = templates.get("default", "") if len(templates) == 1 else ""
    return FLAT if alone and not any(sign in alone for sign in _SIGNS) else STRUCTURED


def with_messages(
    source: ModuleFolder, settings: Mapping[str, Any], sees: bool = False
) -> Mapping[str, Any]:
    """Settings of a folder that lists no modules: who has a chat template takes messages."""
    place = place_beside_images if sees else place_of_template
    if not place(source.folder, source.path):
        return settings
    known = settings.get("modality_config")
    modalities = known if isinstance(known, Mapping) else {}
    return {**settings, "modality_config": {"text": {}, **modalities, "message": {}}}


def _refuse_expansion(source: ModuleFolder, settings: Mapping[str, Any]) -> None:
    if settings.get("query_expansion"):
        raise Unsupported(
            f"{source.place}: query_expansion cannot go with a chat template (modality_config lists "
            "'message'): the filled-up query would be the template's words. Take one of the two out of a "
            "copy of the folder."
        )


def _templates(source: ModuleFolder, sees: bool) -> tuple[Mapping[str, str], str]:
    """The templates by name, and where they stand: files count before ``tokenizer_config.json``."""
    place = place_beside_images(source.folder, source.path) if sees else ""
    if OF_PROCESSORS in place or PROCESSOR_CONFIG in place:
        return _of_processor(source, place), place
    place = place or place_of_template(source.folder, source.path)
    if not place:
        raise BadModel(
            f"{source.folder.root} sends every text through a chat template, since its modality_config lists "
            f"'message', and its files hold none. Fetch it beside the tokenizer's files: hf download MODEL "
            f"--include '*{ONE}' --local-dir FOLDER"
        )
    if place == ONE or place.startswith(MORE):
        return _of_files(source), place
    if TOKENIZER_CONFIG in place:
        return _of_config(source), place
    raise Unsupported(
        f"{source.folder.root} renders its texts with the template of a processor ({place}); this version "
        "renders those of tokenizers."
    )


def _of_processor(source: ModuleFolder, place: str) -> Mapping[str, str]:
    """Those of a processor: a text, or texts by name.

    Raises:
        BadModel: it is neither, or an old file stands beside newer ones, of which nobody knows which counts.
    """
    file = OF_PROCESSORS if place == OF_PROCESSORS else PROCESSOR_CONFIG
    if file == OF_PROCESSORS and source.folder.path(source.path, MORE).is_dir():
        raise BadModel(
            f"{source.folder.root} has chat templates in {OF_PROCESSORS} and in {MORE}/, which is not known "
            "together: take one of the two out of a copy of the folder."
        )
    found = source.config(file).get("chat_template")
    templates = {"default": found} if isinstance(found, str) else found
    if not isinstance(templates, Mapping) or not all(
        isinstance(each, str) for each in templates.values()
    ):
        raise BadModel(f"{source.place}: chat_template in {file} is {shown(found)}, and no text.")
    return templates


def _of_files(source: ModuleFolder) -> dict[str, str]:
    folder = source.folder.sub(source.path)
    names = {"default": ONE} if folder.file(ONE) is not None else {}
    more = folder.path(MORE)
    if more.is_dir():
        names |= {file.stem: f"{MORE}/{file.name}" for file in sorted(more.glob("*.jinja"))[:64]}
    return {name: folder.text(file, limit=_TEXT_BYTES) or "" for name, file in names.items()}


def _of_config(source: ModuleFolder) -> dict[str, str]:
    found = source.config(TOKENIZER_CONFIG)["chat_template"]
    if isinstance(found, str):
        return {"default": found}
    listed = found if isinstance(found, list) else [found]
    templates = {}
    for each in listed:
        name, template = (
            (each.get("name"), each.get("template")) if isinstance(each, dict) else ("", 0)
        )
        if not isinstance(name, str) or not isinstance(template, str):
            raise BadModel(
                f"{source.place}: chat_template in {TOKENIZER_CONFIG} holds {shown(each)}, which is no "
                "template with a name."
            )
        templates[name] = template
    return templates


def template_arguments(settings: Mapping[str, Any], place: str) -> dict[str, Any]:
    """What the module's settings give a template beside messages; `place` is what errors begin with.

    Raises:
        BadModel: that is no object.
        Unsupported: it is about what is done with the rendered text.
    """
    found = (settings.get("processing_kwargs") or {}).get("chat_template") or {}
    if not isinstance(found, Mapping):
        raise BadModel(f"{place}: chat_template in processing_kwargs is no object.")
    strange = sorted(set(found) & set(_NOT_OF_THE_TEMPLATE))
    if strange:
        raise Unsupported(
            f"{place}: processing_kwargs gives the chat template {', '.join(strange)}; this version "
            "passes on what a template reads, and cuts and joins texts itself."
        )
    return dict(found)


def _chosen(source: ModuleFolder, templates: Mapping[str, str], asked: Any, tools: Any) -> str:
    """The template that the settings name or spell out, else the one for tools, else the default."""
    if isinstance(asked, str):
        return templates.get(asked, asked)
    if tools is not None and "tool_use" in templates:
        return templates["tool_use"]
    if "default" not in templates:
        raise BadModel(
            f"{source.folder.root} has the chat templates {', '.join(sorted(templates)) or 'none'}, and no "
            "default one. Name one as chat_template in processing_kwargs of sentence_bert_config.json."
        )
    return templates["default"]
