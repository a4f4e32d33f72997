"""What programs ask of a module before a model is built of it: its width, its tokenizer, where it cuts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, ClassVar

from isomorph.errors import InputError
from isomorph.read.plain import read_task
from isomorph.resolve import Request, resolve
from isomorph_dropin.modules.described import Described
from isomorph_dropin.texts import NO_LIMIT

_DEFAULT = Request()


class InArguments:
    """A part that is all in its arguments, and answers for them."""

    settings: Any

    def _width(self) -> int:
        raise NotImplementedError

    def get_embedding_dimension(self) -> int:
        """The width of the vectors that it writes."""
        return self._width()

    def get_sentence_embedding_dimension(self) -> int:
        """The old name of `get_embedding_dimension`."""
        return self._width()

    def get_config_dict(self) -> dict[str, Any]:
        """What its ``config.json`` holds."""
        return dict(self.settings())


class Alone:
    """A part that reads inputs: a model without another module answers for it."""

    def _model_of_it(self) -> Any:
        """A model that has no other module; its weights are not loaded."""
        raise NotImplementedError

    @property
    def _loaded(self) -> Any:
        """The module of that model, which is made when it is first asked."""
        if "_alone" not in self.__dict__:
            self.__dict__["_alone"] = self._model_of_it()[0]
        return self.__dict__["_alone"]

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "_alone"}

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        self.__dict__.update(state)


class InFolder(Alone):
    """A part that takes its files from a folder: what no argument says, the folder says.

    The folder is read when it is first asked, and no weights are loaded for that.
    """

    _plain: ClassVar[Any]
    """The part of isomorph with the same arguments."""

    def __setattr__(self, name: str, value: Any) -> None:
        if name != "max_seq_length":
            raise InputError(
                f"{type(self).__name__} is files: {name} cannot be set on it. Pass {name}= when it is made."
            )
        self.__dict__["_length"] = value
        self.__dict__.pop("_alone", None)

    @property
    def max_seq_length(self) -> Any:
        """Where texts are cut, in tokens: as it was said, or as the folder says."""
        said = self.__dict__.get("_length")
        return self._loaded.max_seq_length if said is None else said

    @max_seq_length.setter
    def max_seq_length(self, length: int | None) -> None:
        self.__dict__["_length"] = length

    def _model_of_it(self) -> Any:
        """A model of it and a pooling."""
        from isomorph_dropin.faces.sentence_transformer import SentenceTransformer

        return SentenceTransformer(modules=[self._as_plain()], pooling="mean", preload=False)

    def forward(self, features: Any, **kwargs: Any) -> Any:
        """What the module makes of features as `preprocess` gives them."""
        return self._loaded.forward(features)

    @property
    def auto_model(self) -> Described:
        """The configuration of transformers: a live model belongs to a model that is built."""
        why = "the module is files until a model is built of it."
        return Described(self._loaded.config, "cpu", why)

    @property
    def model(self) -> Described:
        """The present name of `auto_model`."""
        return self.auto_model

    def _as_plain(self, request: Request = _DEFAULT) -> Any:
        named = [each.name for each in fields(self._plain) if each.name != "max_seq_length"]
        own = {name: getattr(self, name) for name in named}
        length = self.__dict__.get("_length")
        if length is None and not own["processing_kwargs"]:
            length = _length_of_tokenizer(self, request)
        return self._plain(**own, max_seq_length=length)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self._loaded, name)

    def write(self, folder: Any, request: Any) -> None:
        """As isomorph's part with the same arguments."""
        self._as_plain(request).write(folder, request)


def _length_of_tokenizer(part: Any, request: Request) -> int | None:
    """Where the real library cuts the texts of a transformer that is made by hand; None where nothing says.

    It asks the tokenizer, and how many positions there are. What `sentence_bert_config.json` says is passed
    over: that is read where a whole folder is loaded.
    """
    folder = resolve(str(part.model_name_or_path), request)
    words = part.tokenizer_name_or_path
    file = (folder if words is None else resolve(str(words), request)) / "tokenizer_config.json"
    said = json.loads(file.read_bytes()).get("model_max_length") if file.is_file() else None
    inputs = read_task(folder, part.transformer_task).inputs
    known = [
        length for length in (said, inputs.longest) if isinstance(length, int) and length < NO_LIMIT
    ]
    return min(known, default=None)
