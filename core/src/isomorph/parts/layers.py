"""Parts with weights, which come as arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from isomorph.errors import InputError
from isomorph.messages.shown import shown
from isomorph.modules import dense, layer_norm
from isomorph.parts.part import Described
from isomorph.postprocess.activations import activation, class_path
from isomorph.postprocess.arrays import as_array


@dataclass(frozen=True, eq=False)
class Dense(Described):
    """A linear layer and an activation: act(x W^T + b), with a residual act(x W^T + b) + x R^T.

    Attributes:
        in_features: the width of x.
        out_features: the width of the result.
        bias: whether there is a b.
        activation_function: a class path, a name, or a module of torch; None for nothing.
        init_weight: W, (out_features, in_features), array or tensor; needed, since nothing is trained here.
        init_bias: b, (out_features,); needed with `bias`.
        module_input_name: what it reads.
        module_output_name: what it writes; None the same.
        use_residual: whether x is added to the result.
        init_residual: R, (out_features, in_features); needed for a residual where the two widths differ,
            else x is added as it is.

    Raises:
        InputError: W, b or R is missing, of another shape, or given where there is none.
    """

    _kind = dense.KIND
    in_features: int
    out_features: int
    bias: bool = True
    activation_function: Any = "torch.nn.modules.activation.Tanh"
    init_weight: ArrayLike | None = None
    init_bias: ArrayLike | None = None
    module_input_name: str = "sentence_embedding"
    module_output_name: str | None = None
    use_residual: bool = False
    init_residual: ArrayLike | None = None

    def __post_init__(self) -> None:
        named = class_path(activation(self.activation_function or "Identity"))
        if named is None:
            raise InputError(
                f"activation_function is {shown(self.activation_function)}, for which the format has no "
                "name; give a class path such as 'torch.nn.modules.activation.Tanh'."
            )
        object.__setattr__(self, "activation_function", named)
        if self.init_bias is not None and not self.bias:
            raise InputError("init_bias is given, and bias=False says that there is none.")
        if self.init_residual is not None and not self._projects:
            raise InputError(
                "init_residual is given, and there is nothing to project: that takes use_residual=True "
                "and two widths that differ."
            )
        self.tensors()

    @property
    def _projects(self) -> bool:
        """Whether the residual has weights of its own."""
        return self.use_residual and self.in_features != self.out_features

    def settings(self) -> Mapping[str, Any]:
        """What its ``config.json`` holds."""
        return {
            "in_features": self.in_features,
            "out_features": self.out_features,
            "bias": self.bias,
            "activation_function": self.activation_function,
            "module_input_name": self.module_input_name,
            "module_output_name": self.module_output_name or self.module_input_name,
            **({"use_residual": True} if self.use_residual else {}),  # older readers refuse the key
        }

    def tensors(self) -> Mapping[str, Any]:
        """Its weights by name, float32."""
        shape = (self.out_features, self.in_features)
        found = {"linear.weight": array_of("init_weight", self.init_weight, shape)}
        if self.bias:
            found["linear.bias"] = array_of("init_bias", self.init_bias, shape[:1])
        if self._projects:
            found["residual.weight"] = array_of("init_residual", self.init_residual, shape)
        return found


@dataclass(frozen=True, eq=False)
class LayerNorm(Described):
    """Normalises the features of a vector, then scales and shifts them.

    Attributes:
        dimension: the width of the vectors.
        weight: the scales, (dimension,); None for ones.
        bias: the shifts, (dimension,); None for zeros.

    Raises:
        InputError: an array has another shape.
    """

    _kind = layer_norm.KIND
    dimension: int
    weight: ArrayLike | None = None
    bias: ArrayLike | None = None

    def __post_init__(self) -> None:
        self.tensors()

    def settings(self) -> Mapping[str, Any]:
        """What its ``config.json`` holds."""
        return {"dimension": self.dimension}

    def tensors(self) -> Mapping[str, Any]:
        """Its weights by name, float32."""
        shape = (self.dimension,)
        weight = np.ones(shape) if self.weight is None else self.weight
        bias = np.zeros(shape) if self.bias is None else self.bias
        return {
            "norm.weight": array_of("weight", weight, shape),
            "norm.bias": array_of("bias", bias, shape),
        }


def array_of(name: str, given: Any, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """A weight that was given as an array or a tensor.

    Raises:
        InputError: it is missing or of another shape.
    """
    if given is None:
        raise InputError(
            f"{name} is missing: an array of shape {shape}. Random weights would be of no use, since "
            "nothing is trained here; a trained layer comes from parts.of(model)."
        )
    array = np.ascontiguousarray(as_array(given), np.float32)
    if array.shape != shape:
        raise InputError(f"{name} has the shape {array.shape}, not {shape}.")
    return array
