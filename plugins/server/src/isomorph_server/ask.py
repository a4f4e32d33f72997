"""One request on its way: what it may use, and what is noted of it."""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from isomorph import DynamicBatcher
from isomorph.preprocess.media_forms import is_data
from isomorph_server.limits import Limits
from isomorph_server.metrics import Metrics
from isomorph_server.refusals import Refused
from isomorph_server.shelf import Served, Shelf
from isomorph_server.sizes import PIXELS, pixels_of
from isomorph_server.token_ids import HINT, Ids, text_of

_DATA = "data:image/"


@dataclass(frozen=True, slots=True)
class House:
    """What all requests share."""

    shelf: Shelf
    limits: Limits
    batcher: DynamicBatcher
    metrics: Metrics = field(default_factory=Metrics)
    keys: tuple[bytes, ...] = ()
    """Keys of clients; without any, everybody may ask."""


@dataclass(slots=True)
class Ask:
    """One request: its values, and what its log line says of it."""

    house: House
    values: Mapping[str, Any]
    id: str
    model: str | None = None
    inputs: int = 0
    tokens: int = 0

    def __getitem__(self, name: str) -> Any:
        return self.values.get(name)

    def find(self, *tasks: str) -> Served:
        """The model that is asked for, which must be for one of these tasks.

        Raises:
            Refused: there is none.
        """
        found = self.house.shelf.find(self["model"], *tasks)
        self.model = found.name
        return found

    def bounded(self, inputs: Sequence[Any]) -> None:
        """Counts inputs.

        Raises:
            Refused: 413 where they are too many, 422 where there are none.
        """
        most = self.house.limits.inputs
        if not inputs:
            raise Refused(422, "There are no inputs.")
        if self.inputs + len(inputs) > most:
            raise self._too_many(len(inputs))
        self.inputs += len(inputs)

    def _too_many(self, count: int) -> Refused:
        most = self.house.limits.inputs
        return Refused(413, f"A request may have {most} inputs at most; this one has {count}.")

    @property
    def long(self) -> str:
        """What becomes of texts that are too long."""
        asked = self["truncate"]
        wanted = self.house.limits.truncate if asked is None else asked
        return "report" if wanted else "error"

    @property
    def side(self) -> Mapping[str, Any]:
        """The keyword of a call that says on which side its texts are cut."""
        asked = self["truncation_direction"]
        return {"processing_kwargs": {"text": {"truncation_side": asked}}} if asked else {}

    async def texts(self, served: Served, field: str) -> list[str]:
        """The texts of a field; of token ids those that have them.

        Raises:
            Refused: 413 where they are too many; 422 where there are ids, and the operator allows none.
        """
        given: list[str | Ids] = self[field]
        if not any(isinstance(each, Ids) for each in given):
            return [str(each) for each in given]
        if not self.house.limits.token_ids:
            raise Refused(422, f"{field!r} must be a text or a list of texts. {HINT}", field)
        if len(given) > self.house.limits.inputs:
            raise self._too_many(len(given))
        return await asyncio.to_thread(_as_texts, served.model.tokenizer, given, field)

    async def refuse_beyond(self, served: Served, size: int | None) -> None:
        """Looks whether a model's vectors have so many numbers; None asks for nothing.

        Raises:
            Refused: 422; they have fewer.
        """
        if size is None:
            return
        async with self.house.shelf.use(served) as model:  # which may run to tell
            most = await asyncio.to_thread(model.get_embedding_dimension)
        if size > most:
            raise Refused(422, f"{served.name} gives {most} dimensions, not {size}.", "dimensions")

    async def encode(self, served: Served, inputs: Sequence[str], **kwargs: Any) -> Any:
        """What `encode` gives for these inputs, in forwards that all requests share.

        Raises:
            Exception: what the model raises.
        """
        self.bounded(inputs)
        if not served.reads and not all(map(_is_picture, inputs)):
            raise Refused(422, f"{served.name} sees images alone: send data URIs of images.")
        items = [_item(each) for each in inputs] if served.sees else list(inputs)
        async with self.house.shelf.use(served) as model:
            found, report = await model.aencode(
                items,
                pool=self.house.batcher,
                on_long=self.long,
                return_report=True,
                **self.side,
                **kwargs,
            )
        self._count(report)
        return found

    async def predict(self, served: Served, pairs: Sequence[Any], **kwargs: Any) -> Any:
        """What `predict` gives for these pairs, in forwards that all requests share.

        Raises:
            Exception: what the model raises.
        """
        self.bounded(pairs)
        async with self.house.shelf.use(served) as model:
            found, report = await model.apredict(
                pairs,
                pool=self.house.batcher,
                on_long=self.long,
                return_report=True,
                **self.side,
                **kwargs,
            )
        self._count(report)
        return found

    def _count(self, report: Any) -> None:
        self.tokens += report.tokens
        if report.not_finite:
            raise Refused(
                424, f"The model's numbers for input {report.not_finite[0]} are not finite."
            )


def _as_texts(tokenizer: Any, given: Sequence[str | Ids], field: str) -> list[str]:
    if not hasattr(tokenizer, "get_vocab_size"):
        raise Refused(422, "This model has no tokenizer that turns token ids into texts.", field)
    return [text_of(tokenizer, each, field) if isinstance(each, Ids) else each for each in given]


def _is_picture(text: str) -> bool:
    return is_data(text, _DATA)


def _item(text: str) -> Any:
    """A text for a model that sees too: the image of a data URI, or a text whatever it looks like.

    No path is opened and no address is asked for a client.

    Raises:
        Refused: a data URI of an image that holds no base64, or of one with too many pixels.
    """
    if not _is_picture(text):
        return {"text": text}
    head, comma, body = text.partition(",")
    try:
        if not comma or not head.lower().endswith(";base64"):
            raise ValueError
        data = base64.b64decode(body.encode("ascii"), validate=True)
    except (ValueError, binascii.Error):
        raise Refused(
            422, "A data URI of an image must hold base64: data:image/png;base64,…."
        ) from None
    if pixels_of(data) > PIXELS:  # it may be small as it is sent
        raise Refused(413, f"An image may have {PIXELS:,} pixels at most.")
    return {"image": data}
