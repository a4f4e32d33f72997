"""The modules of a loaded chain, under the classes that programs ask them for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from typing import Any

from isomorph import parts
from isomorph.errors import InputError, Unsupported
from isomorph.plugins.table import kind_named
from isomorph.program.width import width_behind
from isomorph.saving.modules import written
from isomorph_dropin.faces.tensors import fed, filled, tensors
from isomorph_dropin.modules.calling import run
from isomorph_dropin.modules.pooled_tokens import HierarchicalTokenPooling
from isomorph_dropin.training import refuse_training


class LoadedModule(parts.Part):
    """One module of a loaded model: its settings, its weights, and the live module where there is one.

    It is an instance of the class of its kind, and stands in ``modules=[...]`` as parts do.
    """

    training = False
    _model: Any
    _place: int
    _route: Any = None

    @classmethod
    def at(cls, model: Any, place: int, route: Any = None) -> LoadedModule:
        """The module at one place of a model's default chain, or of the chain of a route."""
        made = object.__new__(cls)
        made.__dict__.update(_model=model, _place=place, _route=route)
        return made

    @property
    def _loaded(self) -> Any:
        """Itself: parts that no model holds have one made for them."""
        return self

    @property
    def _chain(self) -> Any:
        """The model of the chain alone."""
        loaded = self._model.__loaded__()
        if self._route is None:
            return loaded.model
        return loaded.whole.only(loaded.whole.chains[self._route])

    @property
    def _data(self) -> Any:
        return self._chain.graph.modules[self._place]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        settings = self._data.config
        if name in ("auto_model", "model"):  # where the property has raised, Python asks here
            return self._live()
        if name in settings:
            return settings[name]
        raise AttributeError(
            f"{type(self).__name__} has no attribute {name!r}: it is a module of a graph, which an engine "
            f"runs, and no module of torch. Its settings are {sorted(settings)}."
        )

    def __setattr__(self, name: str, value: Any) -> None:
        if name in _OF_MODEL:
            setattr(self._model, name, value)
            return
        raise InputError(
            f"{name} of a {type(self).__name__} of a loaded model cannot be set: engines run the chain as "
            "its files say. Build another with modules=[...] of the modules that stay and those that change."
        )

    def __repr__(self) -> str:
        settings = {k: v for k, v in self._data.config.items() if not isinstance(v, Mapping)}
        return f"{type(self).__name__}({settings})"

    def __eq__(self, other: object) -> bool:
        return self is other

    __hash__ = object.__hash__

    @property
    def auto_model(self) -> Any:
        """The live model of transformers; without one an `AttributeError`."""
        return self._live()

    @property
    def model(self) -> Any:
        """The present name of `auto_model`."""
        return self._live()

    def _live(self) -> Any:
        """The live model of transformers.

        Raises:
            AttributeError: the module is no transformer, or the backend runs none.
        """
        first = self._place == 0 and self._route is None
        live = self._model.transformers_model if first else None
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
        if self._route is not None:
            raise Unsupported(
                f"{self!r} stands on a branch of a Router, which is saved as a whole: save the model, or "
                "load the folder of the branch."
            )
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
        width = width_behind(self._chain, self._place)
        return None if width is None else int(width)

    get_word_embedding_dimension = get_sentence_embedding_dimension = get_embedding_dimension

    def get_config_dict(self) -> dict[str, Any]:
        """Its settings, as its file has them."""
        said = written(self._chain, self._place, self.max_seq_length)
        return dict(self._data.config if said is None else said[1])

    def preprocess(
        self, inputs: Any, prompt: str | None = None, **kwargs: Any
    ) -> Mapping[str, Any]:
        """Tensors by name, of a module that reads inputs."""
        found: Mapping[str, Any] = self._model.preprocess(inputs, prompt, **kwargs)
        return found

    tokenize = preprocess

    def forward(self, features: Mapping[str, Any], **kwargs: Any) -> Mapping[str, Any]:
        """What the module alone makes of features: the first by the engine, others as `calling` says.

        Args:
            features: tensors by name; a dictionary gets the results, and is what is returned.
            **kwargs: what the real modules are told of a call, such as the task.
        """
        module, chain = self._data, self._chain
        pools = kind_named(module.kind).pools
        if pools is not None:
            return HierarchicalTokenPooling(**pools(module)).forward(features, **kwargs)
        if self._place or self._route is not None:
            return run(module, chain.folder, chain.tensors_of(module), features)
        loaded, feeds = self._model.__loaded__(), fed(features)
        made = {name: loaded.run_feeds(feeds, name)[name] for name in module.outputs}
        return filled(features, {k: tensors(v, self._model.device) for k, v in made.items()})

    def __call__(self, features: Mapping[str, Any], **kwargs: Any) -> Mapping[str, Any]:
        """`forward`."""
        return self.forward(features, **kwargs)

    def state_dict(self) -> dict[str, Any]:
        """A tensor for each stored weight."""
        own = self._chain.tensors.get(self._data.name, {})
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


def _settings_of(kind: type, base: type) -> dict[str, Any]:
    """What a module of a kind was made with, as its files say it and not as the class has it by itself."""
    if not is_dataclass(kind):
        return {}

    def said(field: Any) -> property:
        def read(module: LoadedModule) -> Any:
            settings = module._data.config
            stored = module._chain.tensors.get(module._data.name, {})
            if field.name in stored:
                return tensors(stored[field.name].numpy().copy())
            default = None if field.default is MISSING else field.default
            return settings.get(field.name, settings.get("settings", {}).get(field.name, default))

        return property(read)

    own = (*_OWN, *(vars(base) if base is not LoadedModule else ()))
    return {field.name: said(field) for field in fields(kind) if field.name not in own}


_OWN = ("max_seq_length", "tokenizer", "embedding_dimension")
"""What a loaded module answers by itself."""
_OF_MODEL = ("max_seq_length", "tokenizer")
"""What the whole model has, and takes or refuses where it is set on a module."""
_CLASSES: dict[type, type[LoadedModule]] = {}


def loaded_modules(model: Any) -> Sequence[LoadedModule]:
    """The modules of the default chain in order, with a Router where chains part."""
    from isomorph_dropin.modules.routed import router_at

    whole = model.__loaded__().whole
    made: list[LoadedModule] = []
    met: list[str] = []
    for place, module in enumerate(whole.graph.modules):
        router = module.name.partition(".")[0] if whole.routers and "." in module.name else None
        if router is None:
            made.append(loaded_at(model, place))
        elif router not in met:
            made.append(router_at(model, router, len(met)))
            met.append(router)
    return made


def loaded_at(model: Any, place: int, route: Any = None) -> LoadedModule:
    """One module of the default chain, or of the chain of a route, in the class of its kind."""
    from isomorph_dropin.modules import MODULES

    whole = model.__loaded__().whole
    chain = whole if route is None else whole.chains[route]
    return class_of(MODULES.get(chain.graph.modules[place].kind, MODULES["module"])).at(
        model, place, route
    )


def class_of(kind: type, base: type[LoadedModule] = LoadedModule) -> type[LoadedModule]:
    """The class of loaded modules of a kind."""
    if kind not in _CLASSES:
        own = {"__module__": kind.__module__, "__doc__": kind.__doc__, **_settings_of(kind, base)}
        _CLASSES[kind] = type(kind.__name__, (base, kind), own)
    return _CLASSES[kind]
