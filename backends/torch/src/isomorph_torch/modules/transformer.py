"""Token ids to token vectors or to scores, by transformers' own model classes."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from isomorph.contract import Module
from isomorph_torch.files import replacing
from isomorph_torch.modules.checkpoint import OLD, SAFE, weight_file
from isomorph_torch.modules.fetched import fetched
from isomorph_torch.modules.layer import Kind, Layer, Tensors
from isomorph_torch.modules.mingled import PLACES, with_images
from isomorph_torch.modules.pretrained import (
    TASKS,
    Pretrained,
    class_obstacle,
    load_pretrained,
    task_of,
)
from isomorph_torch.modules.source import Source
from isomorph_torch.quiet import quiet
from isomorph_torch.unpadded import Unpadded, fits
from isomorph_torch.varlen import Varlen


class Transformer(Layer):
    """A pretrained encoder, with a head where the task has one; `auto_model` is transformers' class."""

    def __init__(self, module: Module, pretrained: Pretrained) -> None:
        super().__init__(module)
        self.auto_model = pretrained.model
        self._invented = pretrained.invented
        self._result = TASKS[task_of(module)].result
        self._unpadded: Unpadded | None = None
        self._settings: dict[str, Any] = {"return_dict": True}
        if "all_layer_embeddings" in self.writes:
            self._settings["output_hidden_states"] = True
        taken = inspect.signature(self.auto_model.forward).parameters
        if "use_cache" in taken:
            self._settings["use_cache"] = False  # nothing is generated: keys need not be kept
        every = any(each.kind is inspect.Parameter.VAR_KEYWORD for each in taken.values())
        # A model that has no token types does not take them, whatever the tokenizer gives.
        self._feeds = tuple(n for n in self.reads if every or n in taken or n != "token_type_ids")

    @property
    def attention(self) -> str:
        """Which attention computes: "sdpa", "eager", another name of transformers', or "varlen"."""
        if self._unpadded is not None:
            return self._unpadded.name
        return str(getattr(self.auto_model.config, "_attn_implementation", None) or "eager")

    @property
    def unpadded(self) -> bool:
        """Whether padding is left out."""
        return self._unpadded is not None

    def leave_out_padding(self, attention: Varlen) -> None:
        """Computes real tokens alone from now on, where the model's family allows it."""
        if self._result == "last_hidden_state" and "attention_mask" in self.reads:
            self._unpadded = Unpadded(self.auto_model, attention) if fits(self.auto_model) else None

    def keep_padding(self) -> None:
        """The model is as transformers made it again. No forward may be under way."""
        if self._unpadded is not None:
            self._unpadded.leave(self.auto_model)
            self._unpadded = None

    def forward(self, values: Tensors) -> Tensors:
        """Ids and mask (B, T) -> (B, T, H), all layers (L + 1, B, T, H) too where promised.

        Heads make that (B, labels), or (B, T, V) for a vocabulary.
        """
        if PLACES in self.reads:
            token = getattr(self.auto_model.config, "image_token_id", None)
            feeds = with_images(values, self._result == "embeddings", token)
        else:
            feeds = {name: values[name] for name in self._feeds}
        result = None
        if self._unpadded is not None:
            result = self._unpadded(self.auto_model, feeds, self._settings)
        if result is None:
            result = self.auto_model(**feeds, **self._settings)
        written = {self.writes[0]: getattr(result, self._result)}
        if "all_layer_embeddings" in self.writes:
            written["all_layer_embeddings"] = torch.stack(tuple(result.hidden_states))
        return {**values, **written}

    def save(self, folder: Path) -> None:
        """Writes weights and ``config.json`` as transformers does, without weights it made up."""
        weights = None
        if self._invented:
            state = self.auto_model.state_dict()
            weights = {name: t for name, t in state.items() if name not in self._invented}
        with quiet(), replacing(folder) as fresh:
            self.auto_model.save_pretrained(fresh, state_dict=weights)


def build(source: Source) -> Transformer:
    """Loads the pretrained model on the CPU, in the asked-for precision."""
    return Transformer(source.module, load_pretrained(source))


def obstacle(source: Source) -> str:
    """transformers must have the architecture and the folder must have weights.

    A model that brings code of its own is claimed; whether that code is trusted is only known, and
    only checked, when it is loaded.
    """
    module, task = source.module, task_of(source.module)
    if task not in TASKS:
        return f"backend 'torch' has no transformer task {task!r} (it has: {', '.join(TASKS)})"
    if weight_file(source) is None:
        return f"{source.folder} holds no weights ({', '.join((*SAFE, *OLD))})"
    config = module.config["transformer"]
    return (
        _method_obstacle(module.config.get("settings", {}), TASKS[task].result)
        or fetched(config)
        or ("" if module.config.get("code") else class_obstacle(module, config, task))
    )


def _method_obstacle(settings: Mapping[str, Any], own: str) -> str:
    """Text may be sent through another method than forward; that is not implemented."""
    text = (settings.get("modality_config") or {}).get("text") or {}
    method = text.get("method", "forward")
    output = text.get("method_output_name", own)
    if method != "forward" or output not in (own, [own]):
        return f"text goes through {method}() to {output!r}; forward to {own} is run"
    return ""


KIND = Kind(("transformer",), build, obstacle, options=True)
