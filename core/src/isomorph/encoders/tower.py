"""The record of a family of towers: what a model computes of inputs of each modality.

A tower is an encoder with all that is done around it, from what an input is fed as to a vector, or to a
vector a position. A model of several towers gives them one folder, one ``config.json`` and one file of
weights.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from isomorph.encoders.config import Config
from isomorph.primitives.builder import Ref, Weights

Size = tuple[int, ...]
"""What is known of the size of an input: pixels (height, width) of an image; () where nothing is fixed."""

Lowering = Callable[[Config, Size, Weights, Mapping[str, Ref]], Ref]
"""(options, size of an input, weights, what is fed) -> the result, in primitives."""


RETRIEVAL = "retrieval"
"""The task of models that compare pages with queries, vector by vector."""


@dataclass(frozen=True, slots=True)
class Way:
    """How transformers computes a result: a method of its model, and the name of the method's output."""

    method: str = "forward"
    """Such as ``"get_image_features"``."""
    output: str = "last_hidden_state"
    """Such as ``"pooler_output"``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tower:
    """What a model computes of inputs of one modality."""

    way: Way
    """How transformers computes the same."""
    result: str
    """Our name of the result: ``"sentence_embedding"``, or ``"token_embeddings"`` for a vector a position."""
    feeds: Callable[[Config], tuple[str, ...]]
    """The names of the arrays that it reads, by the options."""
    describe: Callable[[Config, Size], Any]
    """Its description, from which the kit takes names and shapes of tensors."""
    lower: Lowering
    """The tower in primitives."""
    width: Callable[[Config], int]
    """How many features its result has."""
    fed: Callable[[Config], Mapping[str, Any]] = lambda config: {}
    """The fields of what a chain says of its inputs, of `Images` or `Text`, that the options say."""
    aside: tuple[str, ...] = ()
    """Beginnings of the names, as transformers has them, of weights that this tower does without."""
    zeros: tuple[str, ...] = ()
    """What transformers' class is given beside what is fed: zeros in the shape of the ids."""
    lowercase: Collection[str] = ()
    """Of texts: classes of tokenizers that read them in lower case here, whatever their files say."""
    last: str = ""
    """Of texts whose last position is projected: the part of transformers' model that does it.

    That model takes the last column, whatever stands there.
    """
    columns: bool = False
    """Of texts: whether the vector may be that of the first column, even where that is padding."""
    made: tuple[str, ...] = ()
    """Endings of the names of what transformers' class makes itself where files lack it."""
    options: str = ""
    """The key of ``config.json`` that holds the options of this tower; "" where the file itself does."""


@dataclass(frozen=True, slots=True)
class TinyTowers:
    """A small model for the conformance kit, which asks its laws of each tower alone."""

    options: Mapping[str, Any]
    """Those of its ``config.json``; of texts the kit knows how many words there are."""
    pixels: tuple[int, int] = (32, 32)
    """Height and width of what the image processor makes."""
    processor: Mapping[str, Any] = field(default_factory=dict)
    """Options of the image processor, where it does not simply resize to `pixels`."""
    prefixes: Mapping[str, str] = field(default_factory=dict)
    """What stands before names of tensors in the file, by their beginnings."""
    tokens: Mapping[str, str] = field(default_factory=dict)
    """Tokens that the processor writes, by their roles."""
    image_option: str = ""
    """The option that holds the id of the token of images; dots part the keys of objects in objects."""
    spectra: Size = ()
    """Channels, frames and mel powers of what an extractor of sounds makes."""
    extractor: Mapping[str, Any] = field(default_factory=dict)
    """Options of that extractor."""
    asked: Collection[str] = ()
    """Names of tensors by which lowering finds prefixes, where it names tensors that no description does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing:
    """What a processor writes around a query, and what it makes of a page: texts, which a tokenizer reads."""

    query: tuple[str, str]
    """What stands before and behind a query."""
    page: tuple[str, str]
    """What stands before and behind an image."""
    image: str
    """The token that vectors of an image take the place of."""
    count: int
    """How many such tokens an image has, or each of its tiles."""
    number: int | None = None
    """Default None, any. The id that ``config.json`` gives the token."""
    special: bool = False
    """Default False. Whether the tokenizer adds its special tokens to all that."""
    tile: str = ""
    """Default "". What stands before a tile, such as ``"<row_{row}_col_{column}>"``, counted from 1."""
    whole: tuple[str, str] = ("", "")
    """Default empty. What stands before and behind the image as a whole."""

    def text(self, rows: int, columns: int) -> str:
        """A page whose image has so many tiles and a whole; 0 and 0 where it is the whole alone."""
        tokens, across = self.image * self.count, range(1, columns + 1)
        lines = [
            "".join(f"{self.tile.format(row=row, column=each)}{tokens}" for each in across)
            for row in range(1, rows + 1)
        ]
        tiles = "".join(f"{line}\n" for line in lines) + ("\n" if lines else "")
        before, behind = self.whole
        return f"{self.page[0]}{tiles}{before}{tokens}{behind}{self.page[1]}"


@dataclass(frozen=True, slots=True)
class Borrowed:
    """Options of a tower that stand in the ``config.json`` of another repository."""

    repository: str
    key: str
    """Where in the own ``config.json`` those stand that go before them; dots part keys."""


@dataclass(frozen=True, slots=True)
class Adapted:
    """Low-rank matrices of tasks in the weights, of which a model without routes has one task's added."""

    names: tuple[str, ...]
    """The tasks, in the order in which the weights hold them."""
    task: str
    options: Mapping[str, Any]
    """Those of the matrices: ``lora_rank``, ``lora_alpha``."""


Written = Callable[[Config, Mapping[str, Any], Callable[[str], str]], Writing]
"""(options, what the processor's file says, roles of tokens -> the tokens) -> what its class writes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TowerFamily:
    """All towers of one ``model_type``. A new family is a file with such a record."""

    model_type: str
    """As ``config.json`` has it: ``"clip"``."""
    towers: Mapping[str, Tower]
    """By modality, that of the default route first."""
    architecture: str
    """transformers' class of the whole, such as ``"CLIPModel"``."""
    named: bool = False
    """Default False. Whether a folder is of the family only if it names this class: others share its type."""
    published: tuple[str, ...] = ()
    """How references in ``auto_map`` to the code of the class begin, where transformers has no such class."""
    pooling: str = "mean"
    """How vectors of positions become one where no module says it."""
    settled: Callable[[Config], Config] = lambda config: config
    """The options with those that older files have in other places; asked before `judge`."""
    judge: Callable[[Config, str], None] = lambda config, where: None
    """Raises `BadModel` for options that are of a wrong type or do not fit each other."""
    processor: str = ""
    """transformers' class of image processors, for folders whose files name none."""
    task: str = "feature-extraction"
    """The ``transformer_task`` of its folders: that of encoders, or `RETRIEVAL`."""
    writing: Written | None = None
    """Where texts and images become more than they are; None where they go as they are."""
    borrowed: Callable[[Config], Borrowed | None] = lambda config: None
    """Where options lie that the folder lacks; None where it has all."""
    adapted: Callable[[Config], Adapted | None] = lambda config: None
    """The task whose matrices are added to the weights; None where none are."""
    tiny: Mapping[str, TinyTowers] = field(default_factory=dict)
    """Small models for the conformance kit, by name."""
