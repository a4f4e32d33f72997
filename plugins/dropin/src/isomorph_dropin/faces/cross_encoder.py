"""CrossEncoder, as programs for the real one call it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from warnings import warn

import numpy as np
import torch

import isomorph
from isomorph.errors import InputError, Unsupported
from isomorph_dropin.faces.base import BaseModel
from isomorph_dropin.faces.cards import CrossEncoderModelCardData
from isomorph_dropin.faces.signatures import taking
from isomorph_dropin.faces.tensors import chunk_of, tensors
from isomorph_dropin.modules.described import Described

_OLD_PLACES = ("num_labels", "max_length", "activation_fn", "device")


class CrossEncoder(BaseModel, isomorph.CrossEncoder):
    """Pairs of texts to scores: numpy arrays, tensors, or lists of tensors."""

    __module__ = "sentence_transformers.cross_encoder.model"
    default_huggingface_organization = "cross-encoder"
    model_card_data_class = CrossEncoderModelCardData

    @taking("num_labels max_length activation_fn keep_in_fp32_modules")
    def __init__(self, model_name_or_path: Any = None, *places: Any, **kwargs: Any) -> None:
        """As isomorph's class; older programs pass the labels, the length and more by place."""
        if places:
            warn(f"Pass {', '.join(_OLD_PLACES[: len(places)])} by name.", stacklevel=2)
            kwargs |= zip(_OLD_PLACES, places, strict=False)
        kwargs.pop("classifier_dropout", None)  # of training alone: no forward reads it
        if kwargs.pop("keep_in_fp32_modules", None):
            raise Unsupported(
                "keep_in_fp32_modules asks for modules in another number type than the model's. isomorph "
                "computes a model in one type: leave the argument out, or use the real library."
            )
        super().__init__(model_name_or_path, **kwargs)

    @property
    def activation_fn(self) -> Any:
        """What `predict` applies to the scores: a module of torch where the format has a name for it."""
        return self._shown_activation

    @activation_fn.setter
    def activation_fn(self, activation_fn: Any) -> None:
        isomorph.CrossEncoder.activation_fn.fset(self, _on_arrays(activation_fn))  # type: ignore[attr-defined]
        name = self._settings().activation_fn if activation_fn is None else None
        self._shown_activation = _of_torch(name) if activation_fn is None else activation_fn

    @property
    def default_activation_function(self) -> Any:
        """The old name of `activation_fn`."""
        return self.activation_fn

    @property
    def model(self) -> Any:
        """The live model of transformers, where the backend runs one; elsewhere its configuration alone."""
        try:
            return self[0].auto_model
        except AttributeError as cause:
            return Described(self.config, self.device, str(cause))

    def predict(
        self,
        inputs: Any = None,
        prompt_name: str | None = None,
        prompt: str | None = None,
        batch_size: int | None = 32,
        show_progress_bar: bool | None = None,
        activation_fn: Any = None,
        apply_softmax: bool | None = False,
        convert_to_numpy: bool = True,
        convert_to_tensor: bool = False,
        device: Any = None,
        pool: Any = None,
        chunk_size: int | None = None,
        **kwargs: Any,
    ) -> Any:
        """Scores of pairs; the arguments are those of `isomorph.CrossEncoder.predict`.

        Returns:
            An array (pairs,) or (pairs, labels); with ``convert_to_tensor`` a tensor; with neither tensors in
            a list. Of an empty list float64 of shape (0,), an empty tensor, or [].
        """
        self._before_call()
        if "activation_fct" in kwargs:
            kwargs["activation_fct"] = _on_arrays(kwargs["activation_fct"])
        result = super().predict(
            inputs,
            prompt_name,
            prompt,
            batch_size,
            show_progress_bar,
            _on_arrays(activation_fn),
            apply_softmax,
            True,
            False,
            device,
            pool,
            chunk_of(chunk_size, device, pool),
            **kwargs,
        )
        if isinstance(result, np.ndarray) and result.ndim and not len(result):
            empty = torch.empty(0) if convert_to_tensor else np.asarray([])
            return empty if convert_to_tensor or convert_to_numpy else []
        if convert_to_numpy and not convert_to_tensor:
            return result
        made = tensors(result, self.device)
        single = self.is_singular_input(kwargs.get("sentences", inputs))
        return made if convert_to_tensor or single else list(made)

    def rank(
        self,
        query: Any,
        documents: Any,
        top_k: int | None = None,
        return_documents: bool = False,
        prompt_name: str | None = None,
        prompt: str | None = None,
        batch_size: int | None = 32,
        show_progress_bar: bool | None = None,
        activation_fn: Any = None,
        device: Any = None,
        pool: Any = None,
        chunk_size: int | None = None,
        **kwargs: Any,
    ) -> Any:
        """Documents by their scores, best first; the arguments are those of `isomorph.CrossEncoder.rank`."""
        kwargs |= {
            "prompt_name": prompt_name,
            "prompt": prompt,
            "batch_size": batch_size,
            "show_progress_bar": show_progress_bar,
            "activation_fn": _on_arrays(activation_fn),
            "device": device,
            "pool": pool,
            "chunk_size": chunk_of(chunk_size, device, pool),
        }
        return super().rank(query, documents, top_k, return_documents, **kwargs)


class _OnArrays:
    """A function of tensors, called with arrays."""

    def __init__(self, function: Callable[[Any], Any]) -> None:
        self.function = function

    def __call__(self, scores: Any) -> Any:
        return np.asarray(self.function(torch.from_numpy(scores.copy())).detach().cpu().numpy())


def _on_arrays(activation: Any) -> Any:
    """What isomorph calls: names, and modules of torch, which it knows itself, stay as they are."""
    known = activation is None or isinstance(activation, str | torch.nn.Module | _OnArrays)
    return activation if known or not callable(activation) else _OnArrays(activation)


def _of_torch(path: str | None) -> Any:
    """The module of torch behind a class path of the format.

    Raises:
        InputError: there is none, which a folder that was read cannot say.
    """
    name = (path or "").rpartition(".")[2]
    kind = getattr(torch.nn, name, None)
    if kind is None:
        raise InputError(f"The activation {path!r} is no module of torch.")
    return kind()
