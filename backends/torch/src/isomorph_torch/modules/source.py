"""Where a layer comes from: a module, its tensors and the user's options."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import nn

from isomorph.contract import Model, Module, Options
from isomorph.errors import BadModel


@dataclass(frozen=True, slots=True)
class Source:
    """One module of a model that is to become a layer."""

    model: Model
    module: Module
    options: Options = field(default_factory=Options)

    @property
    def folder(self) -> Path:
        """The module's own folder."""
        return self.model.folder / self.module.folder

    def file(self, *parts: str) -> Path | None:
        """A file of the module's folder by relative name, or None; no name leads out of the model's.

        Raises:
            BadModel: the name climbs out, or is a link that leads outside.
        """
        return self.model.file(self.module.folder, *parts)

    def lacks(self, shapes: Mapping[str, Iterable[int]]) -> str:
        """What is wrong with the stored tensors, or "". Looks at headers only."""
        stored = self.model.tensors_of(self.module)
        for name, shape in shapes.items():
            if name not in stored:
                return f"the files of module {self.module.name!r} hold no tensor {name!r}"
            if stored[name].shape != tuple(shape):
                return (
                    f"tensor {name!r} of module {self.module.name!r} has shape "
                    f"{stored[name].shape}, its configuration says {tuple(shape)}"
                )
        return ""

    def fill(self, layer: nn.Module) -> None:
        """Puts the stored tensors, as float32, into the parameters of the same names.

        Raises:
            BadModel: a parameter has no tensor, or one of another shape.
        """
        weights = self.tensors()
        wanted = layer.state_dict()
        for name, parameter in wanted.items():
            if name not in weights or weights[name].shape != parameter.shape:
                found = tuple(weights[name].shape) if name in weights else "nothing"
                raise BadModel(
                    f"{self.folder} holds {found} for {name!r}; "
                    f"module {self.module.kind!r} needs shape {tuple(parameter.shape)}."
                )
        layer.load_state_dict({name: weights[name] for name in wanted}, assign=True)

    def tensors(self) -> Mapping[str, torch.Tensor]:
        """The module's tensors, copied: they are trained, and the files stay as they are."""
        stored = self.model.tensors_of(self.module)
        return {name: torch.from_numpy(t.numpy().copy()) for name, t in stored.items()}
