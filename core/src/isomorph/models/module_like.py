"""What programs call on a model because sentence-transformers' models are modules of its engine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Self

from isomorph.arguments.rules import at_least
from isomorph.contract import Device, Module
from isomorph.errors import Unsupported
from isomorph.runtime.asked import precision_of
from isomorph.runtime.loaded import Loaded

_INDEX = at_least(0)


class ModuleLike:
    """Placing, casting and walking through a model. It is no module of an engine: a backend has that."""

    _loaded: Loaded

    def to(self, device: Any = None, dtype: Any = None) -> Self:
        """Another device or another arithmetic for the calls that follow; returns the model.

        Args:
            device: ``"cpu"``, ``"cuda:1"``, a `Device`, or anything that prints as one; the model is
                loaded there when it is next used. A dtype may stand here too.
            dtype: float32, float16 or bfloat16, by name or as the dtype of any library; the model is
                loaded with it at once, so that a backend without it is known at once.

        Raises:
            DeviceUnavailable: the backend does not have it.
            Unsupported: the backend does not compute in this dtype there, and nothing has changed; or
                the live model was handed out, and loading anew would lose what was changed in it.
        """
        if device is not None and dtype is None and precision_of(device) is not None:
            device, dtype = None, device
        if device is not None:
            self._loaded.place(Device.of(device))
        if dtype is not None:
            self._loaded.cast(dtype)
        return self

    def cpu(self) -> Self:
        """`to` the CPU."""
        return self.to("cpu")

    def cuda(self, device: int | str | Device | None = None) -> Self:
        """`to` a GPU of that kind.

        Args:
            device: its index, or its name; None is the first.

        Raises:
            DeviceUnavailable, Unsupported: as `to`.
        """
        if isinstance(device, int | None):
            return self.to(Device("cuda", _INDEX("device", device or 0)))
        return self.to(device)

    def half(self) -> Self:
        """`to` float16, where the backend computes in it."""
        return self.to(dtype="float16")

    def bfloat16(self) -> Self:
        """`to` bfloat16, where the backend computes in it."""
        return self.to(dtype="bfloat16")

    def float(self) -> Self:
        """`to` float32."""
        return self.to(dtype="float32")

    def eval(self) -> Self:
        """Nothing: calls always run in evaluation mode, without gradients. Returns the model."""
        return self

    def compile(self, *args: Any, **kwargs: Any) -> None:
        """Compiles the live model of the backend; the calls that follow use it.

        Args:
            *args: handed on to the engine's own method.
            **kwargs: handed on to the engine's own method.

        Raises:
            Unsupported: the backend has no live model; its graph is compiled already.
        """
        compile_live = self._loaded.native("compile")
        if not callable(compile_live):
            raise Unsupported(
                f"Backend {self._loaded.backend.name!r} runs a graph that is compiled already."
            )
        compile_live(*args, **kwargs)

    @property
    def transformers_model(self) -> Any:
        """The live model of transformers, in a backend that runs one; None in all others.

        Loads the model, in a backend that runs one. What is changed in it is what the next call uses.
        """
        return self._loaded.native("transformers_model")

    def gradient_checkpointing_enable(
        self, gradient_checkpointing_kwargs: Mapping[str, Any] | None = None
    ) -> None:
        """Trades computing for memory in training.

        Args:
            gradient_checkpointing_kwargs: handed on to the live model's own method.

        Raises:
            Unsupported: the backend runs no model that can be trained.
        """
        enable = self._loaded.native("gradient_checkpointing_enable")
        if not callable(enable):
            raise Unsupported(
                f"Backend {self._loaded.backend.name!r} runs a graph, which cannot be trained; load "
                "the model in a backend that has a live one."
            )
        enable(gradient_checkpointing_kwargs)

    def children(self) -> Iterator[Module]:
        """The modules of the chain, in order."""
        return iter(self._loaded.model.graph.modules)

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """The modules of the chain with the names that ``modules.json`` gives them, in order."""
        return ((module.name, module) for module in self.children())

    def modules(self) -> Iterator[Self | Module]:
        """The model itself, then the modules of its chain."""
        return (each for _, each in self.named_modules())

    def named_modules(self) -> Iterator[tuple[str, Self | Module]]:
        """The model itself under the name "", then `named_children`."""
        yield "", self
        yield from self.named_children()

    @property
    def _target_device(self) -> Device:
        """An old name of `device`."""
        return self._loaded.device


NOT_HERE: Mapping[str, str] = {
    **dict.fromkeys(
        ("append", "insert", "extend", "pop"),
        "a loaded chain does not change; build another with modules= from what isomorph.parts.of gives",
    ),
    **dict.fromkeys(
        ("train", "parameters", "named_parameters", "state_dict", "load_state_dict", "zero_grad"),
        "weights are trained in the live model that a backend may add",
    ),
    **dict.fromkeys(
        ("fit", "old_fit", "smart_batching_collate"),
        "isomorph runs models; train the live model that a backend may add",
    ),
    **dict.fromkeys(
        (
            "load_adapter",
            "add_adapter",
            "set_adapter",
            "disable_adapters",
            "enable_adapters",
            "active_adapters",
            "active_adapter",
            "get_adapter_state_dict",
            "delete_adapter",
        ),
        "adapters belong to the live model that a backend may add: call it on transformers_model",
    ),
    "config": "settings are data: model[0].config['transformer'], or transformers_model.config",
}
"""Names that a model has elsewhere and not here, with what to do."""
