"""What all faces share: loading at once, torch's devices and types, transformers' tokenizer and settings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from typing import Any, Never, Self
from warnings import warn

import torch

import isomorph
from isomorph.errors import InputError, Unsupported
from isomorph.preprocess.text import FEEDS
from isomorph_dropin.faces.loading import under_present_name, without_ways_of_torch
from isomorph_dropin.faces.logged import log_deprecated, log_loading
from isomorph_dropin.faces.tensors import device_of, fed, filled, tensors, type_of
from isomorph_dropin.installing import chosen_backend, install_unless_there
from isomorph_dropin.modules.loaded import LoadedModule, loaded_modules
from isomorph_dropin.texts import OwnTokenizer, encoded, is_transformer, modality_of, processor_of
from isomorph_dropin.training import refuse_training
from isomorph_dropin.tree import ROOT, homes

_INNER = ("preprocess", "forward", "__call__")
"""Methods that the real library's calls go through, text by text, and an engine's do not."""
TOKENS = "token_embeddings"
"""What a chain writes on its way, and programs read beside its result."""


class BaseModel(isomorph.BaseModel):
    """A model of isomorph that answers as sentence-transformers' class of its name answers.

    Its weights are loaded by the constructor. What only a live module of torch has is found on a backend
    that runs one, and is an `AttributeError` with all others.

    Attributes:
        training: False: models run here.
    """

    __module__ = "sentence_transformers.base.model"
    training = False

    def __init__(
        self,
        model_name_or_path: Any = None,
        *,
        modules: Any = None,
        prompts: Any = None,
        backend: str | None = None,
        **kwargs: Any,
    ) -> None:
        """As isomorph's class, with the arguments as the real library takes them.

        Args:
            model_name_or_path: a folder or a Hub id.
            modules: parts to build a model from; a warning says that a name beside them wins.
            prompts: texts by name.
            backend: an installed backend; see `isomorph_dropin.install`.
            **kwargs: those of isomorph's class.
        """
        if modules is not None and model_name_or_path is not None:
            warn(
                "Both modules= and a name are given: the model of that name is loaded.",
                stacklevel=2,
            )
            modules = None
        under_present_name(kwargs)
        chosen = chosen_backend(backend)
        if chosen not in (None, "torch") and backend in (None, "torch"):
            kwargs |= without_ways_of_torch(kwargs)
        super().__init__(
            model_name_or_path,
            modules=modules,
            prompts=prompts or None,
            backend=chosen,
            **{"preload": True, **kwargs},
        )
        if model_name_or_path is not None:
            log_loading(self, model_name_or_path)

    def __repr__(self) -> str:
        return f"{super().__repr__()}\n(isomorph-dropin stands for sentence-transformers)"

    def __reduce__(self) -> tuple[Any, ...]:
        kind = type(self)
        named = kind.__name__ if kind.__module__.partition(".")[0] == ROOT else kind
        return restored, (Tree(), kind.__module__, named, self.__getstate__())

    def __getstate__(self) -> dict[str, Any]:
        return {
            k: v for k, v in self.__dict__.items() if k not in ("_tokenizer", "_faces", "_config")
        }

    # -- where it is and what it computes in ---------------------------------------------------------

    @property
    def device(self) -> Any:
        """The `torch.device` of the results; the CPU where torch has no such device."""
        return device_of(super().device)

    @property
    def _target_device(self) -> Any:
        return self.device

    @property
    def dtype(self) -> Any:
        """The `torch.dtype` of the arithmetic, bfloat16 too, which numpy lacks."""
        return type_of(self.__loaded__())

    # -- the chain -------------------------------------------------------------------------------------

    def _modules_here(self) -> Sequence[LoadedModule]:
        chain = list(super().__iter__())
        kept = self.__dict__.get("_faces")
        if kept is None or kept[0] != chain:
            kept = self.__dict__["_faces"] = (chain, loaded_modules(self))
        faces: Sequence[LoadedModule] = kept[1]
        return faces

    @property
    def backend(self) -> str:
        """The name of the backend in use."""
        return self.get_backend()

    def __setitem__(self, index: Any, module: Any) -> None:
        self._refuse_change()

    def __delitem__(self, index: Any) -> None:
        self._refuse_change()

    def _refuse_change(self) -> Never:
        raise Unsupported(
            f"{type(self).__name__}: a loaded chain does not change. Build another with modules=[...] of the "
            "modules that stay and those that change."
        )

    def __iter__(self) -> Iterator[Any]:
        return iter(self._modules_here())

    def __getitem__(self, index: Any) -> Any:
        return self._modules_here()[index]

    def __len__(self) -> int:
        return len(self._modules_here())

    def _first_module(self) -> Any:
        return self[0]

    def _last_module(self) -> Any:
        return self[-1]

    def children(self) -> Iterator[Any]:
        """The modules of the chain, in order."""
        return iter(self)

    def named_children(self) -> Iterator[tuple[str, Any]]:
        """The modules of the chain with their names, in order."""
        return ((str(place), each) for place, each in enumerate(self))

    # -- what inference code asks of a module of torch --------------------------------------------------

    def train(self, mode: bool = True) -> Self:
        """Nothing for False: models run here.

        Raises:
            NotImplementedError: for True.
        """
        return refuse_training("train()") if mode else self

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Nothing for False: there are no gradients here.

        Raises:
            NotImplementedError: for True.
        """
        return refuse_training("requires_grad_()") if requires_grad else self

    def state_dict(self) -> dict[str, Any]:
        """A tensor for each stored weight, under the place of its module and its name in the file."""
        model = self.__loaded__().model
        return {
            f"{place}.{name}": torch.from_numpy(tensor.numpy().copy())
            for place, module in enumerate(model.graph.modules)
            for name, tensor in model.tensors.get(module.name, {}).items()
        }

    def named_parameters(self) -> Iterator[tuple[str, Any]]:
        """The weights as parameters without gradients."""
        for name, tensor in self.state_dict().items():
            if tensor.is_floating_point():
                yield name, torch.nn.Parameter(tensor, requires_grad=False)

    def parameters(self) -> Iterator[Any]:
        """The weights as parameters without gradients."""
        return (parameter for _, parameter in self.named_parameters())

    def save_pretrained(self, path: Any, *args: Any, **kwargs: Any) -> None:
        """As isomorph's, and nothing for None, as there."""
        if path is not None:
            super().save_pretrained(path, *args, **kwargs)

    def save(self, path: Any, *args: Any, **kwargs: Any) -> None:
        """As isomorph's, and nothing for None, as there."""
        if path is not None:
            super().save(path, *args, **kwargs)

    # -- texts -------------------------------------------------------------------------------------------

    @property
    def tokenizer(self) -> Any:
        """The tokenizer of transformers, from the same files; `tokenizers`' own where the real one has that.

        Its `model_max_length` is the model's `max_seq_length`, both ways.
        """
        own = self.__dict__.get("_tokenizer")
        if own is None:
            own = self.__dict__["_tokenizer"] = OwnTokenizer.of(self, super().tokenizer)
        return own.shown(super().max_seq_length)

    @tokenizer.setter
    def tokenizer(self, tokenizer: Any) -> None:
        raise InputError(
            "The tokenizer belongs to the files of the model: others would give it other numbers. Set "
            "max_seq_length, pass processor_kwargs=, or save a folder with the other tokenizer."
        )

    @property
    def processor(self) -> Any:
        """The processor of transformers where the model takes more than texts, else the tokenizer."""
        return processor_of(self) or self.tokenizer

    @property
    def max_seq_length(self) -> Any:
        """The longest input in tokens; `tokenizer.model_max_length` is the same number."""
        self._follow_tokenizer()
        return super().max_seq_length

    @max_seq_length.setter
    def max_seq_length(self, length: int | None) -> None:
        isomorph.BaseModel.max_seq_length.fset(self, length)  # type: ignore[attr-defined]

    def get_max_seq_length(self) -> Any:
        """`max_seq_length`."""
        return self.max_seq_length

    def _before_call(self) -> None:
        """What comes before every call: nothing that a program has said on the model is passed over.

        Raises:
            Unsupported: the program has its own version of a method that calls do not go through here.
        """
        for name in _INNER:
            if name in vars(self) or getattr(type(self), name) is not getattr(BaseModel, name):
                raise Unsupported(
                    f"{type(self).__name__} has a {name}() of its own, which the engine that runs the chain "
                    f"would pass over. Override encode() or predict(), which may call {name}(), or use the "
                    "real library."
                )
        self._follow_tokenizer()
        self._refuse_other_tokenizer()

    def _refuse_other_tokenizer(self) -> None:
        own = self.__dict__.get("_tokenizer")
        if own is not None:
            own.refuse_other()

    def _follow_tokenizer(self) -> None:
        """Cuts where a program has said on the tokenizer, since it last asked for it."""
        own = self.__dict__.get("_tokenizer")
        said = None if own is None else own.said()
        if said is not None:
            isomorph.BaseModel.max_seq_length.fset(self, said)  # type: ignore[attr-defined]

    def preprocess(
        self, inputs: Any, prompt: str | None = None, **kwargs: Any
    ) -> Mapping[str, Any]:
        """Tensors by name that the first module reads, padded to the longest input, and what texts are."""
        self._follow_tokenizer()
        self._refuse_other_tokenizer()
        found = super().preprocess(inputs, prompt, **kwargs)
        made = {**{name: tensors(v) for name, v in found.items()}, **self._said_of_texts(found)}
        return encoded(self, made, prompt)

    def _said_of_texts(self, features: Mapping[str, Any]) -> dict[str, str]:
        """The modality, of features of texts."""
        if "input_ids" not in features or set(features) - set(FEEDS) or not is_transformer(self):
            return {}
        return {"modality": modality_of(self)}

    def tokenize(self, texts: Any, **kwargs: Any) -> Mapping[str, Any]:
        """The old name of `preprocess`."""
        log_deprecated("tokenize", "preprocess")
        return self.preprocess(texts, **kwargs)

    @property
    def config(self) -> Any:
        """The configuration of transformers, as the folder says; None without a transformer.

        That of the live model where somebody has it.

        Raises:
            Unsupported: on setting, another one than that of a graph, which is made of the old one.
        """
        from isomorph_dropin.texts import config_of

        if self.__loaded__().handed_out:
            return self.transformers_model.config
        if "_config" not in self.__dict__:
            self.__dict__["_config"] = config_of(self)
        return self.__dict__["_config"]

    @config.setter
    def config(self, config: Any) -> None:
        live = self.transformers_model
        if live is not None:
            live.config = config
        elif self.config is not None:
            if config.to_dict() != self.config.to_dict():
                raise Unsupported(
                    f"Backend {self.get_backend()!r} runs a graph that is made of the configuration of the "
                    "folder, so another one has no effect. Change config.json of a copy of the folder."
                )
            self.__dict__["_config"] = config

    def forward(self, features: Mapping[str, Any], **kwargs: Any) -> Mapping[str, Any]:
        """What the chain makes of features as `preprocess` gives them.

        Args:
            features: tensors by name; further values are handed through. A dictionary gets the results, and
                is what is returned.
            **kwargs: refused, since nothing reads them.

        Raises:
            TypeError: there are further arguments.
        """
        if kwargs:
            raise TypeError(f"forward() does not take {', '.join(sorted(kwargs))}.")
        loaded, feeds = self.__loaded__(), fed(features)
        made = {**loaded.run_feeds(feeds)}
        written = {name for module in loaded.model.graph.modules for name in module.outputs}
        if TOKENS in written and TOKENS not in made:
            made |= loaded.run_feeds(feeds, TOKENS)
        return filled(features, {name: tensors(value, self.device) for name, value in made.items()})

    def __call__(self, features: Mapping[str, Any], **kwargs: Any) -> Mapping[str, Any]:
        """`forward`, a program's own too."""
        return self.forward(features, **kwargs)

    @property
    def auto_model(self) -> Any:
        """The live model of transformers, where the backend runs one; elsewhere an `AttributeError`."""
        return self[0].auto_model


class Tree:
    """Stands first in the pickle of a face: whoever reads it has the tree before what is named after it."""

    def __reduce__(self) -> tuple[Any, ...]:
        return install_unless_there, ()


def restored(tree: Any, module: str, named: Any, state: Mapping[str, Any]) -> Any:
    """The copy of a face, in a process that had no tree until `tree` was read.

    Args:
        tree: what was read before the rest.
        module: a module of the tree, or the one of a program's own class.
        named: the name of a class of the tree, or a program's own class.
        state: what the face holds.
    """
    own = not isinstance(named, str)
    kind: Any = named if own else getattr(import_module(homes(module)[named]), named)
    made = kind.__new__(kind)
    made.__dict__.update(state)
    return made
