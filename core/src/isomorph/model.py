"""A model that has been read but not loaded: its graph, its tensors as places in files, its files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isomorph.errors import BadModel
from isomorph.graph import Graph, Module
from isomorph.read.folder import Folder
from isomorph.read.identity import HeldFile
from isomorph.routes import Routes

_NUMPY_DTYPES = {
    "F64": np.float64,
    "F32": np.float32,
    "F16": np.float16,
    "I64": np.int64,
    "I32": np.int32,
    "I16": np.int16,
    "I8": np.int8,
    "U8": np.uint8,
    "BOOL": np.bool_,
}


@dataclass(frozen=True, slots=True)
class Tensor:
    """A tensor that still lies in its file.

    ``dtype`` is safetensors' name of it (``"F32"``, ``"BF16"``, …), ``offset`` and ``nbytes`` say
    where in ``file`` its little-endian, C-ordered bytes are. ``held`` is that file as it was when the
    model was read: its bytes stay the model's when another file takes the name.
    """

    file: Path
    offset: int
    nbytes: int
    dtype: str
    shape: tuple[int, ...]
    held: HeldFile | None = None

    def rows(self, begin: int, end: int) -> Tensor:
        """The rows from `begin` up to `end` of the first axis: a smaller place in the same file."""
        size = self.nbytes // self.shape[0]
        place = self.offset + begin * size
        shape = (end - begin, *self.shape[1:])
        return Tensor(self.file, place, (end - begin) * size, self.dtype, shape, self.held)

    def raw(self) -> NDArray[Any]:
        """The bytes as stored, mapped and read-only; bfloat16 comes as its uint16 bits.

        Raises:
            BadModel: the file was written to since it was read, or numbers of this type are not read.
        """
        dtype = np.uint16 if self.dtype == "BF16" else _NUMPY_DTYPES.get(self.dtype)
        if dtype is None:
            raise BadModel(f"{self.file} stores a tensor as {self.dtype}, which is not read.")
        if self.nbytes == 0:
            return np.zeros(self.shape, dtype)
        if self.held is not None:
            flat = self.held.map(self.offset, self.nbytes)
        else:
            flat = np.asarray(np.memmap(self.file, np.uint8, "r", self.offset, (self.nbytes,)))
        return flat.view(dtype).reshape(self.shape)

    def numpy(self) -> NDArray[Any]:
        """As float32 if it is floating point (no copy when it is stored so), else as stored."""
        return self.widen(self.raw())

    def widen(self, stored: NDArray[Any]) -> NDArray[Any]:
        """Any part of `raw` as `numpy` gives it: so a few rows are read without widening a table."""
        if self.dtype == "BF16":
            return (stored.astype(np.uint32) << 16).view(np.float32)
        if stored.dtype.kind == "f":
            return stored.astype(np.float32, copy=False)
        return stored


@dataclass(frozen=True, slots=True)
class Text:
    """What the model says about its text input.

    ``max_length`` is where texts are cut, in tokens, special tokens included; ``longest`` is how many
    positions the model has. None means unbounded. Without ``unknown_tokens`` those are left out of the
    ids after the cut. With ``token_types`` the two texts of a pair are told apart by their types.
    ``filler`` is the token that fills up queries; ``markers`` are tokens that prompts begin with and
    that are never split. ``add_bos_token`` and ``add_eos_token`` are the user's word on a begin and an
    end token, None where the files decide. Of a ``bare`` tokenizer ``tokenizer.json`` is all: no file
    beside it says anything. ``words`` says how a text becomes words where the vocabulary is one of whole
    words: "whitespace", "phrase", or "bow" for the words of a BoW module; "" for a tokenizer of the
    tokenizers library.
    """

    max_length: int | None = None
    longest: int | None = None
    lowercase: bool = False
    truncation_side: str = "right"
    padding_side: str = "right"
    pad_id: int = 0
    special_tokens: bool = True
    unknown_tokens: bool = True
    token_types: bool = False
    filler: str | None = None
    markers: tuple[str, ...] = ()
    add_bos_token: bool | None = None
    add_eos_token: bool | None = None
    bare: bool = False
    words: str = ""
    folder: Folder | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """``config_sentence_transformers.json``: how the model wants to be used."""

    model_type: str = "SentenceTransformer"
    prompts: Mapping[str, str | None] = field(default_factory=dict)
    default_prompt_name: str | None = None
    similarity_fn_name: str | None = None
    truncate_dim: int | None = None
    max_active_dims: int | None = None
    activation_fn: str | None = None
    versions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Model:
    """What core hands to a backend. Nothing in it has been loaded.

    ``files`` is the only way to the files below ``folder``: none leads out, and all are of one state.
    ``tensors`` maps the name of a module to its tensors by name. ``folder`` is where all of the
    model's files lie; backends look there for artefacts of their own. ``artefact`` names the file
    there that the user wants to be used, None where the backend shall choose; ``artefact_output``
    the output of it that holds what the first module writes, None where its name says so. ``routes``
    are the chains of a model that has several; ``graph`` and ``text`` are then those of one of them,
    the default where there is one.
    """

    graph: Graph
    folder: Path
    tensors: Mapping[str, Mapping[str, Tensor]] = field(default_factory=dict)
    text: Text = field(default_factory=Text)
    settings: Settings = field(default_factory=Settings)
    artefact: str | None = None
    artefact_output: str | None = None
    routes: Routes | None = None
    files: Folder = field(default_factory=lambda: Folder(Path()), compare=False, repr=False)

    def __post_init__(self) -> None:
        if self.files.root != self.folder:  # a reader said only where the folder is
            object.__setattr__(self, "files", Folder(self.folder))

    def route(self, task: str | None, modality: str | tuple[str, ...] = "text") -> Model:
        """The model whose chain such inputs take: itself where there is only one.

        Raises:
            InputError: there is no route for this task, or none was named and there is no default.
        """
        if self.routes is None:
            return self
        key = self.routes.choose(task, modality)
        return replace(self, graph=self.routes.graphs[key], text=self.routes.texts[key])

    def prefix(self, depth: int) -> Model:
        """The same model, cut after `depth` modules."""
        return replace(self, graph=self.graph.prefix(depth))

    def rest(self, depth: int) -> Model:
        """What is left of the model after `depth` modules; an artefact holds leading modules only."""
        return replace(self, graph=self.graph.rest(depth), artefact=None, artefact_output=None)

    def file(self, *parts: str) -> Path | None:
        """A file of the model by relative name, or None; no name leads out of the folder.

        Raises:
            BadModel: the name climbs out, is a link that leads outside, or the file has changed.
        """
        return self.files.file(*parts)

    def tensors_of(self, module: Module) -> Mapping[str, Tensor]:
        """The tensors of one module by their names in its own files."""
        return self.tensors.get(module.name, {})
