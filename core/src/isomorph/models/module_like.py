"""What programs call on a model because sentence-transformers' models are modules of its engine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Self

from isomorph.arguments.rules import at_least
from isomorph.contract import Device, Module
from isomorph.errors import IsomorphError, Unsupported
from isomorph.models.arguments import precision_of
from isomorph.models.loading import Loading
from isomorph.runtime.number_types import coarsest
from isomorph.runtime.pipeline import Pipeline
from isomorph.runtime.routing import Routing

_INDEX = at_least(0)


class ModuleLike:
    """Placing, casting and walking through a model. It is no module of an engine: a backend has that."""

    _routing: Routing
    _loading: Loading
    _handed_out: bool

    @property
    def _pipeline(self) -> Pipeline:
        """The one of the default route."""
        return self._routing.main

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
            self._place(Device.of(device))
        if dtype is not None:
            self._cast(dtype)
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
            *args: handed on to the engine's own method, as are the keywords.
            **kwargs: likewise.

        Raises:
            Unsupported: the backend has no live model; its graph is compiled already.
        """
        compile_live = self._pipeline.native.get("compile")
        if not callable(compile_live):
            raise Unsupported(
                f"Backend {self._pipeline.plan.info.name!r} runs a graph that is compiled already."
            )
        self._handed_out = True
        compile_live(*args, **kwargs)

    def children(self) -> Iterator[Module]:
        """The modules of the chain, in order."""
        return iter(self._pipeline.model.graph.modules)

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
        return self._pipeline.plan.claim.device

    def _place(self, device: Device) -> None:
        if device == self._pipeline.plan.claim.device:
            return
        self._refuse_to_lose_changes("moving")
        self._routing.change(lambda pipeline: pipeline.on(device))

    def _cast(self, dtype: Any) -> None:
        wanted, before = precision_of(dtype, required=True), self._pipeline.precision
        loaded = self._pipeline.runner(self._pipeline.model.graph.outputs[0])
        if wanted == coarsest(loaded.effective):
            return
        self._refuse_to_lose_changes("casting")
        self._routing.change(lambda pipeline: pipeline.in_precision(wanted))
        try:
            self._pipeline.runner(self._pipeline.model.graph.outputs[0])
        except IsomorphError:
            self._routing.change(lambda pipeline: pipeline.in_precision(before))
            raise
        options = replace(self._loading.options, arithmetic=wanted)
        self._loading = replace(self._loading, options=options)  # copies and workers are alike

    def _refuse_to_lose_changes(self, doing: str) -> None:
        if self._handed_out:
            raise Unsupported(
                f"The live model of this backend was handed out, and {doing} loads the saved weights "
                "anew: save it first, or do it to the live model itself."
            )


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
