"""The record of a family of encoders: everything that is known about one ``model_type``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from isomorph.encoders.config import Config
from isomorph.encoders.description import Encoder

if TYPE_CHECKING:
    from isomorph.encoders.heads.description import CausalLM, Classifier, MaskedLM
    from isomorph.encoders.seeing.family import Seeing

Counting = Literal["columns", "real tokens"]
"""What positions of a text count; real tokens are those whose id is not that of padding."""


@dataclass(frozen=True, slots=True)
class Classes:
    """How transformers names the classes of a family, and the encoder's tensors inside them."""

    word: str
    """The first word of the classes: ``"Bert"`` for BertModel, BertForMaskedLM, …"""

    prefix: str = "model."
    """What stands before the encoder's tensors in the files of a model with a head."""

    pooler: bool = True
    """Whether a pooler's tensors have that prefix too."""

    decoder: str = ""
    """The first word of the causal language model, where another than `word`."""


@dataclass(frozen=True, slots=True)
class Tiny:
    """A small model for the conformance kit."""

    options: Mapping[str, Any] = field(default_factory=dict)
    """Options of its ``config.json``, on top of the usual ones."""

    pooling: str = "mean"
    """How the token vectors become one."""

    normalized: bool = False
    """Whether that vector is brought to length 1."""

    usual: bool = True
    """Whether the kit fills in sizes, under the names that most families have for them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """Everything that is known about one ``model_type``. A new family is a file with such a record."""

    model_type: str
    """As ``config.json`` has it: ``"bert"``."""

    describe: Callable[[Config], Encoder]
    """From the options of a ``config.json`` to an encoder. Defaults are transformers'."""

    classes: Classes
    """Names of classes and tensors in published files."""

    tiny: Mapping[str, Tiny]
    """Small models that use all that the family implements, by name. The first is the plainest."""

    classifier: Callable[[Config, int], Classifier] | None = None
    """The head of ``…ForSequenceClassification``, of the options and the encoder's width."""

    classified: Callable[[Config], Encoder] | None = None
    """The encoder that `classifier` reads, where that is another than the one of vectors."""

    masked_lm: Callable[[Config, Encoder], MaskedLM] | None = None
    """The head of ``…ForMaskedLM``."""

    causal_lm: Callable[[Config], CausalLM] | None = None
    """The head of ``…ForCausalLM``."""

    tokenizer: str = ""
    """transformers' tokenizer class, for folders whose files name none."""

    typed_pairs: bool = False
    """Whether that tokenizer gives the two texts of a pair types of their own."""

    unread: Callable[[Encoder], Mapping[str, tuple[int, ...]]] = lambda encoder: {}
    """Name and shape of tensors that files hold beside the encoder's, though no vector needs them."""

    shared_layers: bool = False
    """Whether several layers may have the same tensors."""

    parts: tuple[str, ...] = ()
    """Options that are objects of options, where the encoder is one part of a model."""

    encoder_alone: bool = False
    """Whether transformers loads a class of the encoder for vectors, whatever ``auto_map`` names."""

    unpadded: Counting | None = None
    """What positions count where transformers' class is fed real tokens alone; None: it cannot be."""

    published: tuple[str, ...] = ()
    """How ``auto_map`` refers to code that the family was made after: prefixes of references."""

    tasks: str = ""
    """The option that lists tasks, of each of which the weights hold an adapter."""

    renamed: Callable[[Config], Mapping[str, Any]] | None = None
    """Options that published files call by other names, under transformers' names."""

    misread: Callable[[Config], str] = lambda config: ""
    """Why transformers' class of this type would compute something else than a file asks for, or ""."""

    options: Callable[[Config], Config] = lambda config: config
    """The options of the text encoder, where a ``config.json`` holds those of other parts too."""

    seeing: Seeing | None = None
    """What becomes of images among the tokens of texts."""

    fixed: Mapping[str, Any] = field(default_factory=dict)
    """Options that transformers' class passes over, and the value with which it computes."""
