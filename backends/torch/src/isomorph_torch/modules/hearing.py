"""Sounds to vectors of their positions, by transformers' own classes of encoders.

What they are fed is core's. Sounds of one length go through the model together and without padding, so that
nothing depends on the neighbours of a sound: some of these classes normalise over time, padding included.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import torch
import transformers

from isomorph.contract import Module
from isomorph.errors import BadModel
from isomorph.program import sound_model
from isomorph_torch import precision
from isomorph_torch.failures import loading
from isomorph_torch.modules.layer import Kind, Layer, Tensors
from isomorph_torch.modules.source import Source
from isomorph_torch.quiet import quiet

_OLD_NAMES = {
    ".parametrizations.weight.original0": ".weight_g",
    ".parametrizations.weight.original1": ".weight_v",
}
"""How torch called the parts of a weight before it had parametrizations."""


class Hearing(Layer):
    """An encoder of sounds; `auto_model` is transformers' class."""

    def __init__(self, module: Module, model: Any) -> None:
        super().__init__(module)
        self.auto_model = model

    def forward(self, values: Tensors) -> Tensors:
        """Mel powers (B, mels, frames), or samples (B, T, hop), to (B, T, H)."""
        if "input_features" in self.reads:
            found = self._heard(values["input_features"])
        else:
            found = self._by_length(values)
        return {**values, self.writes[0]: found}

    def _heard(self, features: torch.Tensor) -> torch.Tensor:
        features = features.to(next(self.auto_model.parameters()).dtype)
        found: torch.Tensor = self.auto_model(features).last_hidden_state
        return found

    def _by_length(self, values: Tensors) -> torch.Tensor:
        """Those of each length together; zeros at positions that a sound does not have."""
        whole = torch.cat([values["input_values"].flatten(1), values["input_rest"]], dim=1)
        counts, found = values["samples"], None
        width = values["attention_mask"].shape[1]
        for count in sorted(set(counts.tolist())):
            rows = (counts == count).nonzero().flatten()
            states = self._heard(whole[rows, :count])[:, :width]
            if found is None:
                found = states.new_zeros(len(whole), width, states.shape[2])
            found[rows, : states.shape[1]] = states
        assert found is not None, "a forward without rows"
        return found

    def save(self, folder: Any) -> None:
        """Writes the weights under the names of the encoder alone."""
        with quiet():
            self.auto_model.save_pretrained(folder)


def build(source: Source) -> Hearing:
    """Loads the encoder on the CPU, in the asked-for precision.

    Raises:
        BadModel: a weight is missing, or of another shape.
        InputError: ``model_kwargs`` ask for what is not here.
    """
    options: Mapping[str, Any] = source.module.config["transformer"]
    settings = {**options, **source.options.config_kwargs}
    kind = settings.pop("model_type")
    dtype = precision.alone(source.options, "encoders of sounds are loaded by their weights")
    given = bool(source.options.config_kwargs)
    with quiet() as said, loading(source.folder, arguments=given, report=said):
        config = transformers.AutoConfig.for_model(kind, **settings)
        model = _model_class(options)(config)
        model.load_state_dict(_weights(source, model.state_dict()))
        return Hearing(source.module, model.to(dtype))


def _model_class(config: Mapping[str, Any]) -> Any:
    home, _, name = sound_model(config).rpartition(".")
    return getattr(import_module(f"transformers.models.{home}"), name)


def _weights(source: Source, wanted: Tensors) -> Tensors:
    """The tensors of the encoder by its own names, whatever stands before them in the file."""
    stored = source.tensors()
    first = next(iter(wanted))
    ending = [name for name in stored if name == first or name.endswith("." + first)]
    first = _named(first)
    ending = ending or [name for name in stored if name == first or name.endswith("." + first)]
    prefix = min(ending, key=len).removesuffix(first) if ending else ""
    found = {}
    for name, parameter in wanted.items():
        there = next((n for n in (prefix + name, prefix + _named(name)) if n in stored), None)
        if there is None and name == "masked_spec_embed":  # of training alone
            found[name] = parameter
            continue
        if there is None or stored[there].shape != parameter.shape:
            what = "nothing" if there is None else f"the shape {tuple(stored[there].shape)}"
            raise BadModel(
                f"{source.folder} holds {what} for {prefix + name!r}, which has the shape "
                f"{tuple(parameter.shape)}."
            )
        found[name] = stored[there]
    return found


def _named(name: str) -> str:
    for new, old in _OLD_NAMES.items():
        name = name.replace(new, old)
    return name


def obstacle(source: Source) -> str:
    """transformers must have the class, and the folder weights."""
    if not source.model.tensors_of(source.module):
        return f"{source.folder} holds no weights"
    config = source.module.config["transformer"]
    try:
        _model_class(config)
    except (ImportError, AttributeError):
        return f"transformers {transformers.__version__} has no {sound_model(config)}"
    return ""


KIND = Kind(("hearing",), build, obstacle, options=True)
