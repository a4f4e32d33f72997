"""The modules of a loaded chain, under the classes that programs ask them for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from typing import Any

from isomorph import parts
from isomorph_dropin.faces.tensors import tensors
from isomorph_dropin.training import refuse_training


class LoadedModule(parts.Part):
    """One module of a loaded model: its settings, its weights, and the live module where there is one.

    It is an instance of the class of its kind, and stands in ``modules=[...]`` as parts do.
    """

    training = False
    _model: Any
    _place: int

    @classmethod
    def at(cls, model: Any, place: int) -> LoadedModule:
        """The module at one place of a model's chain."""
        made = object.__new__(cls)
        made.__dict__.update(_model=model, _place=place)
        return made

    @property
    def _data(self) -> Any:
        return self._model.__loaded__().model.graph.modules[self._place]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        settings = self._data.config
        if name in ("auto_model", "model"):
            return self._live()
        if name in settings:
            return settings[name]
        raise AttributeError(
            f"{type(self).__name__} has no attribute {name!r}; its settings are {sorted(settings)}."
        )

    def __repr__(self) -> str:
        settings = {k: v for k, v in self._data.config.items() if not isinstance(v, Mapping)}
        return f"{type(self).__name__}({settings})"

    def __eq__(self, other: object) -> bool:
        return self is other

    __hash__ = object.__hash__

    def _live(self) -> Any:
        """The live model of transformers.

        Raises:
            AttributeError: the backend runs none.
        """
        live = self._model.transformers_model if self._place == 0 else None
        if live is None:
            raise AttributeError(
                f"{type(self).__name__} has no auto_model: backend {self._model.get_backend()!r} runs a "
                "graph. Choose the backend that runs transformers' own code, where it is installed."
            )
        return live

    # -- as a part -----------------------------------------------------------------------------------

    @property
    def kind(self) -> str:
        """The name of its kind."""
        return str(self._data.kind)

    @property
    def _part(self) -> parts.Part:
        return parts.of(self._model)[self._place]

    @property
    def type(self) -> str:
        """The reference to its class in ``modules.json``."""
        return self._part.type

    def write(self, folder: Any, request: Any) -> None:
        """Copies its files."""
        self._part.write(folder, request)

    # -- as a module of torch --------------------------------------------------------------------------

    @property
    def tokenizer(self) -> Any:
        """The tokenizer of the model, where this module reads texts."""
        if self._place:
            raise AttributeError(f"{type(self).__name__} has no tokenizer: it reads no texts.")
        return self._model.tokenizer

    @property
    def processor(self) -> Any:
        """The processor of the model, where this module reads its inputs."""
        return self.tokenizer if self._place else self._model.processor

    @property
    def max_seq_length(self) -> Any:
        """Where the texts of the model are cut."""
        return self._model.max_seq_length

    @max_seq_length.setter
    def max_seq_length(self, length: int | None) -> None:
        self._model.max_seq_length = length

    @property
    def config(self) -> Any:
        """The configuration of transformers, of a module that has one."""
        return self._model.config

    @property
    def embedding_dimension(self) -> int | None:
        """The width of the vectors that it writes."""
        return self.get_embedding_dimension()

    def get_embedding_dimension(self) -> int | None:
        """The width of the vectors that it writes; None where no file says."""
        width = self._model.__loaded__().width_behind(self._place)
        return None if width is None else int(width)

    get_word_embedding_dimension = get_sentence_embedding_dimension = get_embedding_dimension

    def get_config_dict(self) -> dict[str, Any]:
        """Its settings."""
        return dict(self._data.config)

    def preprocess(
        self, inputs: Any, prompt: str | None = None, **kwargs: Any
    ) -> Mapping[str, Any]:
        """Tensors by name, of a module that reads inputs."""
        return dict(self._model.preprocess(inputs, prompt, **kwargs))

    tokenize = preprocess

    def state_dict(self) -> dict[str, Any]:
        """A tensor for each stored weight."""
        own = self._model.__loaded__().model.tensors.get(self._data.name, {})
        return {name: tensors(tensor.numpy().copy()) for name, tensor in own.items()}

    def parameters(self) -> Any:
        """The stored weights."""
        return iter(self.state_dict().values())

    def eval(self) -> LoadedModule:
        """Nothing: models run here."""
        return self

    def train(self, mode: bool = True) -> LoadedModule:
        """Nothing for False.

        Raises:
            NotImplementedError: for True.
        """
        return refuse_training("train()") if mode else self


def _settings_of(kind: type) -> dict[str, Any]:
    """What a module of a kind was made with, as its files say it and not as the class has it by itself."""
    if not is_dataclass(kind):
        return {}

    def said(field: Any) -> property:
        def read(module: LoadedModule) -> Any:
            settings = module._data.config
            default = None if field.default is MISSING else field.default
            return settings.get(field.name, settings.get("settings", {}).get(field.name, default))

        return property(read)

    return {field.name: said(field) for field in fields(kind) if field.name not in _OWN}


_OWN = ("max_seq_length", "tokenizer", "embedding_dimension")
"""What a loaded module answers by itself."""
_CLASSES: dict[type, type[LoadedModule]] = {}


def loaded_modules(model: Any) -> Sequence[LoadedModule]:
    """The modules of the default chain, in order."""
    from isomorph_dropin.modules import MODULES

    made = []
    for place, module in enumerate(model.__loaded__().model.graph.modules):
        kind = MODULES.get(module.kind, MODULES["module"])
        if kind not in _CLASSES:
            own = {"__module__": kind.__module__, "__doc__": kind.__doc__, **_settings_of(kind)}
            _CLASSES[kind] = type(kind.__name__, (LoadedModule, kind), own)
        made.append(_CLASSES[kind].at(model, place))
    return made
