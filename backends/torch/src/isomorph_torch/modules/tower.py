"""Towers of one model, each by the method of transformers' class that computes it."""

from __future__ import annotations

from pathlib import Path

import torch

from isomorph.contract import Module
from isomorph_torch.files import replacing
from isomorph_torch.modules.checkpoint import OLD, SAFE, weight_file
from isomorph_torch.modules.columns import stood_up
from isomorph_torch.modules.layer import Kind, Layer, Tensors
from isomorph_torch.modules.pretrained import (
    Pretrained,
    class_obstacle,
    load_pretrained,
    task_of,
)
from isomorph_torch.modules.source import Source
from isomorph_torch.quiet import quiet

OURS = ("image_places", "patch_places")
"""Feeds of pixels that transformers computes itself."""


class Tower(Layer):
    """A pretrained model of several towers, of which one modality takes one; `auto_model` is the whole."""

    def __init__(self, module: Module, pretrained: Pretrained) -> None:
        super().__init__(module)
        self.auto_model = pretrained.model
        self._invented = pretrained.invented
        self._method, self._output = module.config["way"]
        self._last = module.config["last"]
        self._zeros: tuple[str, ...] = module.config["zeros"]
        pixels = "pixel_values" in self.reads
        # Without words a mask of positions is for modules behind the tower.
        ours = OURS if "input_ids" in self.reads else (*OURS, "attention_mask")
        options = module.config["transformer"].get("audio_config", {})
        heard = "input_features" in self.reads
        self._fused = heard and bool(options.get("enable_fusion", False))
        self._feeds = tuple(name for name in self.reads if not (pixels and name in ours))
        if "spatial_shapes" in self.reads:
            stood_up(self.auto_model)

    def forward(self, values: Tensors) -> Tensors:
        """What is fed, by name -> vectors (B, H), or one a position (B, T, H)."""
        feeds = {name: values[name] for name in self._feeds}
        feeds |= {name: torch.zeros_like(values["input_ids"]) for name in self._zeros}
        if self._last:
            return {**values, self.writes[0]: self._of_last(feeds)}
        if self._fused:  # each sound is heard as a whole and in crops: none depends on others
            rows = len(feeds["input_features"])
            feeds["is_longer"] = torch.ones((rows, 1), dtype=torch.bool)
        call = (
            self.auto_model if self._method == "forward" else getattr(self.auto_model, self._method)
        )
        result = call(**feeds)
        found = result if isinstance(result, torch.Tensor) else getattr(result, self._output)
        return {**values, self.writes[0]: found}

    def _of_last(self, feeds: Tensors) -> torch.Tensor:
        """The last position that is no padding, projected; transformers takes the last column."""
        tower, _, head = self._last.rpartition(".")
        part = self.auto_model.get_submodule(tower)
        states = part(**feeds).last_hidden_state
        at = feeds["attention_mask"].cumsum(dim=1).argmax(dim=1)
        pooled = states[torch.arange(len(states), device=states.device), at]
        found: torch.Tensor = part.get_submodule(head)(pooled)
        return found

    def save(self, folder: Path) -> None:
        """Writes weights and ``config.json`` as transformers does, without weights it made up."""
        state = self.auto_model.state_dict()
        weights = {name: t for name, t in state.items() if name not in self._invented}
        with quiet(), replacing(folder) as fresh:
            self.auto_model.save_pretrained(fresh, state_dict=weights)


def build(source: Source) -> Tower:
    """Loads the pretrained model on the CPU, in the asked-for precision."""
    return Tower(source.module, load_pretrained(source))


def obstacle(source: Source) -> str:
    """transformers must have the architecture and the folder must have weights."""
    if weight_file(source) is None:
        return f"{source.folder} holds no weights ({', '.join((*SAFE, *OLD))})"
    return class_obstacle(
        source.module, source.module.config["transformer"], task_of(source.module)
    )


KIND = Kind(("tower",), build, obstacle, options=True)
