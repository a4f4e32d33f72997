"""Forms of inputs that plugins decode. They are asked before core looks at an input; core's own come last."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

from isomorph.machine.foreign import is_of_the_program
from isomorph.plugins.asking import Asker, Origin
from isomorph.plugins.discovery import installed
from isomorph.preprocess.messages.conversation import PAIR, is_conversation
from isomorph.preprocess.outside import Decoder, Outside

_HOOK = "isomorph_decoders"


@dataclass(frozen=True, slots=True)
class _Offer:
    """A decoder, and whose it is."""

    origin: Origin
    decoder: Decoder

    def accepts(self, value: Any) -> bool:
        """What the plugin says; one that raises is told of, and accepts nothing."""
        try:
            return bool(self.decoder.accepts(value))
        except BaseException as cause:
            if is_of_the_program(cause):
                raise
            installed().asker.failed(_HOOK, self.origin, cause)
            return False

    def outside(self, value: Any) -> Outside:
        """The input, which the plugin decodes when it is needed."""
        said = f"decoded by the plugin {self.origin.name!r} of {self.origin.distribution}"
        return Outside(self.decoder.modality, value, self.decoder.decode, said)


@cache
def _offers() -> tuple[_Offer, ...]:
    return tuple(_Offer(origin, decoder) for origin, decoder in offered(installed().asker))


def offered(asker: Asker) -> list[tuple[Origin, Decoder]]:
    """The decoders of each plugin whose whole answer can be used."""
    answers = asker.offers(_HOOK, Decoder)
    return [(origin, decoder) for origin, decoders in answers for decoder in decoders]


def with_decoders(inputs: Any, modalities: Collection[str]) -> Any:
    """The inputs of a call, those that a plugin decodes wrapped for it; nothing is decoded yet."""
    offers = [each for each in _offers() if each.decoder.modality in modalities]
    if not offers:
        return inputs
    one = partial(_wrapped, offers)
    return [one(each) for each in inputs] if isinstance(inputs, list | tuple) else one(inputs)


def _wrapped(offers: list[_Offer], value: Any) -> Any:
    """An input for its decoder; of a dictionary what it holds of each modality, one thing or a list.

    Of a pair either of the two, and of messages what their parts hold.
    """
    if isinstance(value, Mapping):
        if is_conversation(value):
            return _message(offers, value)
        return {key: _held(offers, key, held) for key, held in value.items()}
    accepting = next((each for each in offers if each.accepts(value)), None)
    if accepting is not None:
        return accepting.outside(value)
    if is_conversation(value) or (isinstance(value, list | tuple) and len(value) == len(PAIR)):
        whole = [_wrapped(offers, each) for each in value]
        return tuple(whole) if isinstance(value, tuple) else whole
    return value


def _message(offers: list[_Offer], message: Mapping[str, Any]) -> Mapping[str, Any]:
    content = message["content"]
    if not isinstance(content, list | tuple):
        return message
    return {**message, "content": [_part(offers, each) for each in content]}


def _part(offers: list[_Offer], part: Any) -> Any:
    """A part of a message; the keys under which it may hold something are those of `HOLDING`."""
    if not isinstance(part, Mapping):
        return part
    from isomorph.preprocess.messages.media import HOLDING

    holds, keys = HOLDING.get(str(part.get("type")), ("", ()))
    return {key: _held(offers, holds, held) if key in keys else held for key, held in part.items()}


def _held(offers: list[_Offer], key: Any, held: Any) -> Any:
    own = [each for each in offers if each.decoder.modality == key]
    if not own or isinstance(held, Mapping):
        return held
    if isinstance(held, list | tuple):
        return [_wrapped(own, each) for each in held]
    return _wrapped(own, held)
