"""A chain on a device, between numpy arrays."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch

from isomorph.contract import Claim, Effective, Model, Options, Values
from isomorph_torch import devices, precision
from isomorph_torch.chain import Chain, build_chain, evaluating
from isomorph_torch.failures import placing, running
from isomorph_torch.modules.transformer import Transformer


class TorchSession:
    """Runs the live chain. Nothing is copied out of it: a training step shows in the next forward."""

    def __init__(self, model: Model, claim: Claim, options: Options) -> None:
        self._graph = model.graph
        self._claimed = claim.device
        if claim.device.kind == "cpu":
            torch.set_num_threads(max(1, options.threads))  # process-global, there is no other
        self._chain: Chain | None = build_chain(model, options)
        if "device_map" not in options.model_kwargs:  # else transformers has placed the weights
            with placing(claim.device):
                self._chain.to(devices.to_torch(claim.device))
        self._last = self._ask(self._chain)

    @property
    def effective(self) -> Effective:
        """What torch answers now: whoever holds the chain may have moved or cast it."""
        if self._chain is not None:
            self._last = self._ask(self._chain)
        return self._last

    @property
    def native(self) -> Mapping[str, object]:
        """``torch_module``: the live chain; calling it with feeds by name gives values by name.

        ``compile``: its method; later forwards are then compiled. ``transformers_model``: the model of
        transformers in it, where there is one, and ``gradient_checkpointing_enable``, its method.
        """
        if self._chain is None:
            return {}
        found: dict[str, object] = {"torch_module": self._chain, "compile": self._chain.compile}
        live = next(
            (x.auto_model for x in self._chain.layers() if isinstance(x, Transformer)), None
        )
        if live is not None:
            newer = getattr(live, "activation_checkpointing_enable", None)
            found["transformers_model"] = live
            found["gradient_checkpointing_enable"] = newer or live.gradient_checkpointing_enable
        return found

    def forward(self, values: Values) -> Values:
        """Evaluation mode without gradients, whatever mode the chain is in otherwise.

        Raises:
            InputError: an id or a position lies outside of the model's tables.
            BackendError: torch failed, for lack of memory or otherwise.
            RuntimeError: the session is closed.
        """
        chain = self._chain
        if chain is None:
            raise RuntimeError("This session is closed.")
        device = self._device(chain)
        with running(devices.from_torch(device)), torch.inference_mode(), evaluating(chain):
            # torch.tensor copies: a shared read-only array would be torch's to write into.
            feeds = {name: torch.tensor(values[name]).to(device) for name in self._graph.inputs}
            passed = chain(feeds)
            return {
                name: passed[name].to("cpu", torch.float32).contiguous().numpy()
                for name in self._graph.outputs
            }

    def save(self, folder: Path) -> None:
        """Writes each module's weights, and the transformer's ``config.json``, into its own folder.

        The rest of the model folder (``modules.json``, tokenizer, settings) is there already.
        """
        if self._chain is None:
            raise RuntimeError("This session is closed.")
        for module, layer in zip(self._graph.modules, self._chain.layers(), strict=True):
            layer.save(folder / module.folder)

    def close(self) -> None:
        """Lets go of the chain; whoever else holds it keeps it alive."""
        if self._chain is not None:
            self._last = self._ask(self._chain)
        self._chain = None

    def _device(self, chain: Chain) -> torch.device:
        first = next(chain.parameters(), None)
        return devices.to_torch(self._claimed) if first is None else first.device

    def _ask(self, chain: Chain) -> Effective:
        first = next(chain.parameters(), None)
        kind = precision.DEFAULT if first is None else precision.from_torch(first.dtype)
        device = devices.from_torch(self._device(chain))
        encoders = [layer for layer in chain.layers() if isinstance(layer, Transformer)]
        return Effective(
            device,
            f"torch {torch.__version__.partition('+')[0]}",
            encoders[0].attention if encoders else "aten",
            kind,
            threads=torch.get_num_threads(),
            lanes=1,
        )
