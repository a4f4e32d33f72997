"""A chat template that the user gives, in place of the one of a tokenizer's files or where they hold none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from isomorph.errors import InputError
from isomorph.model.chain import Chain
from isomorph.preprocess.messages.chat import STRUCTURED, Chat
from isomorph.preprocess.messages.conversation import MESSAGE
from isomorph.preprocess.messages.reading import KEEPS_TAIL, guessed_format, template_arguments

CHAT_TEMPLATE = "chat_template"
"""Its name among ``processor_kwargs``."""
_PLACE = "the chat_template of processor_kwargs"


def through_template(chain: Chain, template: str) -> Chain:
    """The chain with every text sent through a template.

    Whoever has a template takes messages, unless the files list what the model takes: then they count.

    Raises:
        InputError: the files leave a template no say, or fill queries up.
    """
    first = chain.graph.modules[0]
    config: Mapping[str, Any] | None = first.config.get("transformer")
    settings: Mapping[str, Any] = first.config.get("settings", {})
    if config is None:
        raise InputError(f"{CHAT_TEMPLATE} in processor_kwargs: this model has no transformer.")
    listed: Mapping[str, Any] | None = settings.get("modality_config")
    if listed and MESSAGE not in listed:
        _refuse("its modality_config lists no 'message', so texts go as they are")
    if settings.get("query_expansion"):
        _refuse("its query_expansion fills queries up, which would cut the words of the template")
    arguments = template_arguments(settings, f"Module {first.name!r}")
    if arguments.get(CHAT_TEMPLATE) is not None:
        _refuse("its processing_kwargs name another template")
    form = ((listed or {}).get(MESSAGE) or {}).get("format", "auto")
    if form == "auto":
        form = guessed_format({"default": template}, config.get("model_type"))
    known: Chat | None = getattr(getattr(chain.inputs, "text", chain.inputs), "chat", None)
    keeps_tail = bool(arguments.pop(KEEPS_TAIL, True))
    made = replace(
        known or Chat("", "", STRUCTURED, arguments, keeps_tail),
        template=template,
        place=_PLACE,
        format=form,
    )
    return replace(chain, inputs=chain.inputs.changed({CHAT_TEMPLATE: made}))


def _refuse(why: str) -> None:
    raise InputError(f"{CHAT_TEMPLATE} in processor_kwargs has no say over this model: {why}.")
