"""Messages with images and videos as inputs of a chain, and what prepares them."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isomorph.errors import InputError
from isomorph.preprocess.encoded import Encoded
from isomorph.preprocess.fetch import OPTION, Fetch
from isomorph.preprocess.inputs import as_list, is_single, is_single_pair, refuse_lone_surrogates
from isomorph.preprocess.items import ItemInputs, ItemPreparer
from isomorph.preprocess.messages.chat import FLAT
from isomorph.preprocess.messages.conversation import MESSAGE, PAIR, Conversation
from isomorph.preprocess.messages.encoder import MessageEncoder, renderer_for
from isomorph.preprocess.messages.heard import hears_pairs_alone
from isomorph.preprocess.messages.media import has_media, spoken
from isomorph.preprocess.messages.mingled import (
    AXES,
    PLACES,
    Mingled,
    Row,
    Sight,
    Standing,
    expanded,
)
from isomorph.preprocess.pixels.crew import in_threads
from isomorph.preprocess.pixels.decode import decoded, refuse_without_pillow
from isomorph.preprocess.pixels.forms import KEY, Picture, is_image, picture
from isomorph.preprocess.pixels.inputs import sample_picture
from isomorph.preprocess.pixels.packing import Packing, Packs
from isomorph.preprocess.protocol import Inputs, Prepared, Treatment
from isomorph.preprocess.text import Text
from isomorph.preprocess.text_preparer import asks_for_the_same
from isomorph.preprocess.tokenize import TextEncoder
from isomorph.preprocess.video.clips import Clip, Filming
from isomorph.preprocess.video.forms import KEY as VIDEO
from isomorph.preprocess.video.forms import Film
from isomorph.preprocess.video.options import SAMPLED, resampled
from isomorph.primitives.program import VALUES, Feed
from isomorph.primitives.tables import Table

IN_FLIGHT = 64 << 20
"""Bytes of pixels that wait for their forward, unless a single input has more: those of two windows."""
_AREAS = ("min_pixels", "max_pixels")
_FEW = 36
"""Tokens of a video that is made up at most."""
_PER_BYTE = 96
"""Bytes of pixels for each byte of a file: what compression makes of four pixels or so."""


@dataclass(frozen=True)
class Messages(ItemInputs):
    """Messages with images and videos in any form. `text` has the template and the tokenizer.

    `sight` says what images become, `token` is the id of the token that stands for one, and `axes` are how
    many positions a token has, 0 where they are those of other texts. With `page` an input is one image and
    nothing else, and this the text around every one, without any template. `filming` says the same of videos,
    where the model takes them. `fetch` is how media come from addresses, if they may.
    """

    text: Text
    sight: Sight = field(default_factory=lambda: Packing(processor=Packs()))
    token: int = 0
    axes: int = 0
    page: str = ""
    filming: Filming | None = None
    fetch: Fetch | None = None
    unit = "tokens"
    window = IN_FLIGHT // 2

    @property
    def modality(self) -> str:  # type: ignore[override]
        """Messages, or pages."""
        return KEY if self.page else MESSAGE

    @property
    def prompted(self) -> bool:  # type: ignore[override]
        """Whether somebody says something before the message; of pages nobody does."""
        return not self.page

    @property
    def takes(self) -> tuple[str, ...]:
        """Images and videos, and messages that may hold them."""
        return (KEY,) if self.page else (*self._kinds, MESSAGE)

    @property
    def _kinds(self) -> tuple[str, ...]:
        return (KEY,) if self.filming is None else (KEY, VIDEO)

    @property
    def max_length(self) -> int | None:  # type: ignore[override]
        """Tokens, those of images included."""
        return self.text.max_length

    @property
    def longest(self) -> int | None:  # type: ignore[override]
        """As of texts alone."""
        return self.text.longest

    @property
    def padding_side(self) -> str:  # type: ignore[override]
        """As of texts alone."""
        return self.text.padding_side

    @property
    def options(self) -> Collection[str]:  # type: ignore[override]
        """Those of texts, how many pixels an image has, where that is free, and which frames are taken."""
        areas = _AREAS if isinstance(self.sight, Packing) else ()
        frames = () if self.filming is None else tuple(SAMPLED)
        return (*self.text.options, *areas, *frames, OPTION)

    def changed(self, options: Mapping[str, Any]) -> Messages:
        """With other options of the texts, the images or the videos.

        Raises:
            InputError: so many pixels, or such frames, cannot be.
        """
        areas = {name: value for name, value in options.items() if name in _AREAS}
        frames = {name: value for name, value in options.items() if name in SAMPLED}
        said = {n: v for n, v in options.items() if n not in {*areas, *frames, OPTION}}
        found = replace(self, text=self.text.changed(said)) if said else self
        if OPTION in options:
            found = replace(found, fetch=Fetch.read(options[OPTION]))
        if frames and self.filming is not None:
            clips = resampled(self.filming.clips, frames)
            found = replace(found, filming=replace(self.filming, clips=clips))
        return found._with_areas(areas) if areas else found

    def _with_areas(self, areas: Mapping[str, Any]) -> Messages:
        """Of the frames of videos too, unless their bounds are those of all together, as in transformers."""
        assert isinstance(self.sight, Packing)
        packs = _bounded(self.sight.processor, areas)
        found = replace(self, sight=replace(self.sight, processor=packs))
        filming = self.filming
        if filming is None or filming.clips.together:
            return found
        clips = replace(filming.clips, packs=_bounded(filming.clips.packs, areas))
        return replace(found, filming=replace(filming, clips=clips))

    def feeds(self, names: Collection[str]) -> Mapping[str, Feed]:
        """Ids and a mask, those of the images, and where their vectors stand."""
        own = {name: VALUES[name] for name in ("input_ids", "attention_mask", "prompt_length")}
        own[PLACES] = Feed("int64", ("rows", "width"))
        own[AXES] = Feed("int64", ("rows", "width", self.axes))
        found = {name: feed for name, feed in own.items() if name in names}
        return {**found, **self.sight.feeds(names)}

    def is_single(self, inputs: Any) -> bool:
        """A conversation, a dictionary or an image; a list or a tuple of anything else is a batch."""
        if self.page:
            return is_single(inputs) or is_image(inputs)
        return is_single(inputs) or (not isinstance(inputs, list | tuple) and has_media(inputs))

    def item(self, value: Any, index: int) -> Conversation:
        """The input as messages; nothing is decoded.

        Raises:
            InputError: it is none that the model takes, or its template carries no parts.
        """
        if self.text.chat is not None and self.text.chat.format == FLAT:
            raise InputError(
                f"Input {index} holds more than texts, and {self.text.chat.place} renders texts alone."
            )
        if self.page:
            image = picture(value, index, self.fetch)
            refuse_without_pillow(image)
            return Conversation(self.page, (image,))
        found = spoken(value, index, self.fetch, self._kinds)
        refuse_lone_surrogates([found.written], index)
        return found

    def read(self, inputs: Any, pairs: bool = False) -> tuple[bool, Sequence[Any]]:
        """Whether `inputs` are a single one, and the batch of them."""
        if pairs and is_single_pair(inputs):
            return True, [self.item(inputs, 0)]
        single = self.is_single(inputs)
        batch = [inputs] if single else as_list(inputs)
        return single, [self.item(each, index) for index, each in enumerate(batch)]

    def keys(self, items: Sequence[Any]) -> Sequence[Hashable]:
        """What is said, with the keys of its images and videos."""
        return [(each.written, *(shown.key for shown in each.media)) for each in items]

    def cost(self, item: Any, max_length: int | None = None) -> int:
        """The bytes that its pixels are fed as, about, and its characters."""
        return len(item.written) + sum(map(self._bytes, item.media))

    def _bytes(self, shown: Picture | Film) -> int:
        """At most those of the largest image; of a file that nobody has opened by its size.

        Of a video as it was passed: few are held as they are fed.
        """
        source: Any = shown.source
        most: int = self.sight.processor.bytes
        if isinstance(shown, Film):
            if isinstance(source, tuple):
                return sum(map(self._bytes, source))
            most = IN_FLIGHT
        if isinstance(source, str) and not shown.base64:
            try:
                return min(most, _PER_BYTE * Path(source).stat().st_size)
            except OSError:
                return most
        if isinstance(source, str | bytes):
            return min(most, _PER_BYTE * len(source))
        size: Any = getattr(source, "size", most)
        pixels = size[0] * size[1] if isinstance(size, tuple) else size
        return min(most, int(24 * pixels))

    def memory(self, count: int, longest: int) -> int:
        """The pixels of two windows."""
        most: int = count * self.sight.processor.bytes
        return min(most, IN_FLIGHT)

    def sample(self, length: int, seed: int = 0) -> Conversation:
        """So many words about an image; of three samples one has none, and one two.

        The second one is a video where that is as short as an image. Where the template carries pairs
        alone, the words are the query, and what is shown the document.
        """
        if self.page:
            return self.item(sample_picture(seed, (24 + 8 * (seed % 5), 40)).source, 0)
        size = (24 + 8 * (seed % 5), 40)
        images = [sample_picture(seed + i, size).source for i in range((1, 2, 0)[seed % 3])]
        parts = [{"type": KEY, KEY: each} for each in images]
        if self.filming is not None and len(images) == 2:
            count = self.filming.few(size, _FEW)
            frames = [sample_picture(seed + i, size).source for i in range(count)]
            parts[1] = {"type": VIDEO, VIDEO: frames} if frames else parts[1]
        said = {"type": "text", "text": self.text.words_of(length, seed)}
        if not hears_pairs_alone(self.text):
            return self.item([{"role": "user", "content": [*parts, said]}], 0)
        contents = zip(PAIR, ([said], parts or [said]), strict=True)
        return self.item([{"role": role, "content": each} for role, each in contents], 0)

    def preparer(self) -> MessagesPreparer:
        """The tokenizer, the template, and what decodes images.

        Raises:
            BadModel: a file that one of them needs is missing or damaged.
            Unsupported: a library that one of them needs is not installed.
        """
        return MessagesPreparer(self)


class MessagesPreparer(ItemPreparer):
    """Renders and tokenises what is said, and decodes and resizes images, several at once."""

    def __init__(self, inputs: Messages) -> None:
        """Loads the tokenizer and compiles the template.

        Raises:
            BadModel, Unsupported: as `Messages.preparer` says.
        """
        self._begin(inputs, TextEncoder(replace(inputs.text, around=("", ""))))

    def _begin(self, inputs: Messages, plain: TextEncoder) -> None:
        self._inputs = inputs
        self._plain = plain
        self._spoken: MessageEncoder | None = None
        if not inputs.page:
            self._spoken = MessageEncoder(self._plain, renderer_for(inputs.text))
        self.native = self._plain.tokenizer

    def again(self, inputs: Inputs) -> MessagesPreparer | None:
        """The same tokenizer for inputs that ask for no other; None for others."""
        if not isinstance(inputs, Messages):
            return None
        if not asks_for_the_same(self._inputs.text, inputs.text):
            return None
        other = MessagesPreparer.__new__(MessagesPreparer)
        other._begin(inputs, self._plain.saying(replace(inputs.text, around=("", ""))))
        return other

    def prepare(self, items: Sequence[Any], how: Treatment, first: int = 0) -> Prepared:
        """Tokens, and the pixels of the images among them.

        Raises:
            InputError: an image cannot be read, or the template has no place for it.
        """
        inputs = self._inputs
        made = iter(in_threads(self._numbers, [shown for each in items for shown in each.media]))
        numbers = [[next(made) for _ in each.media] for each in items]
        places = [_place(each, first + place) for place, each in enumerate(items)]
        said = self._ids(items, numbers, places, how)
        rows: list[Row] = []
        full: list[int] = []
        for ids, those, place in zip(said, numbers, places, strict=True):
            row = expanded(ids, self._standing(those), place)
            full.append(len(row.ids))
            rows.append(row.cut(how.max_length, place))
        lengths = np.array([len(row.ids) for row in rows], np.int64)
        tokens = tuple(row.ids for row in rows)
        text = Encoded(tokens, lengths, np.array(full, np.int64), text=inputs.text)
        return Mingled(text, tuple(rows), inputs.sight, inputs.axes)

    def beyond(self, feed: str, index: int, table: Table) -> str:
        """The token that the model has no vector for."""
        return (
            f"holds a token with the id {index}, but the table {table.name!r} has {table.rows} rows: the "
            "tokenizer belongs to another model."
        )

    def _ids(
        self,
        items: Sequence[Any],
        numbers: Sequence[Sequence[Any]],
        places: Sequence[int],
        how: Treatment,
    ) -> Sequence[NDArray[np.int64]]:
        """Of each text, with a token for each of its images and videos, or parts of one."""
        if self._spoken is None:
            return [*self._plain.encode([self._inputs.page], None).ids] * len(items)
        texts = self._spoken.of(how.task).rendered(items, how.prompt)
        if self._inputs.filming is not None:
            told = self._inputs.filming.told
            texts = [
                told(text, _clips(those), place)
                for text, those, place in zip(texts, numbers, places, strict=True)
            ]
        return self._spoken.whole(texts)

    def _standing(self, numbers: Sequence[Any]) -> Mapping[int, Sequence[Standing]]:
        """What stands among the tokens of a text, by the token that stands for it."""
        inputs, filming = self._inputs, self._inputs.filming
        images = [Standing((each,)) for each in numbers if not isinstance(each, Clip)]
        if filming is None:
            return {inputs.token: images}
        films: list[Standing] = []
        for clip in _clips(numbers):
            if filming.written:
                films.extend(Standing((part,)) for part in clip.parts)
            else:
                films.append(Standing(clip.parts, filming.times(clip)))
        return {inputs.token: images, filming.token: films}

    def _numbers(self, item: Picture | Film) -> Any:
        if isinstance(item, Film):
            assert self._inputs.filming is not None
            return self._inputs.filming.clips.clip(item)
        image = decoded(item)
        try:
            return self._inputs.sight.processor.numbers(image)
        except InputError as cause:
            raise InputError(f"Input {item.index} {cause}") from cause


def _clips(numbers: Sequence[Any]) -> list[Clip]:
    return [each for each in numbers if isinstance(each, Clip)]


def _bounded(packs: Packs, areas: Mapping[str, Any]) -> Packs:
    """With other bounds of pixels.

    Raises:
        InputError: they do not bound each other.
    """
    bounds = [areas.get("min_pixels", packs.least), areas.get("max_pixels", packs.most)]
    if any(type(each) is not int or each < 1 for each in bounds) or bounds[0] > bounds[1]:
        raise InputError(f"min_pixels and max_pixels are {bounds}; they must bound each other.")
    return replace(packs, least=bounds[0], most=bounds[1])


def _place(item: Conversation, place: int) -> int:
    """The index of an input in its call, which its media know however inputs were sorted."""
    return item.media[0].index if item.media else place
