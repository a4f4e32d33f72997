"""Tensor names as they occur in the wild: with a prefix, or from before LayerNorm's were renamed."""

from __future__ import annotations

from isomorph.errors import BadModel
from isomorph.program.builder import Ref, Weights

_OLD_ENDINGS = {".weight": ".gamma", ".bias": ".beta"}


class EncoderWeights:
    """An encoder's tensors by the names of its description.

    The prefix (``bert.``, ``model.``, none, …) is whatever stands before the name of the word
    embeddings, which every encoder has.
    """

    def __init__(self, weights: Weights, word: str) -> None:
        self._weights = weights
        found = sorted((name for name in weights.names if _ends_with(name, word)), key=len)
        if not found:
            # Asking for the plain name raises the error that lists what there is.
            self._prefix = ""
            if not weights.names:
                raise BadModel(
                    "The encoder has no safetensors weights. A folder with pytorch_model.bin only is "
                    "served by a backend that reads it, or converted by saving it as safetensors."
                )
        else:
            self._prefix = found[0].removesuffix(word)

    def __call__(self, name: str, shape: tuple[int, ...]) -> Ref:
        """The tensor `name` behind the prefix; old ``gamma`` and ``beta`` are found too."""
        return self._weights(self._stored(name), shape)

    def shape_of(self, name: str) -> tuple[int, ...] | None:
        """The stored shape, or None."""
        return self._weights.shape_of(self._stored(name))

    def _stored(self, name: str) -> str:
        full = self._prefix + name
        if full in self._weights.names:
            return full
        for new, old in _OLD_ENDINGS.items():
            renamed = full.removesuffix(new) + old
            if full.endswith(new) and renamed in self._weights.names:
                return renamed
        return full


def _ends_with(name: str, ending: str) -> bool:
    return name == ending or name.endswith("." + ending)
