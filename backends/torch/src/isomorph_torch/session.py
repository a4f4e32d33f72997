"""A chain on a device, between numpy arrays."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import torch

from isomorph.contract import Claim, Model, Options, SessionInfo, Values
from isomorph.hookspecs import Text
from isomorph_torch import devices, memory, precision
from isomorph_torch.chain import Evaluating, LiveChain, build_chain
from isomorph_torch.failures import placing, running
from isomorph_torch.forks import alone_in_children, set_threads
from isomorph_torch.modules.transformer import Transformer
from isomorph_torch.speed import Faster
from isomorph_torch.transfers import to_device, to_host


def _fills(model: Model) -> bool:
    """Whether short texts may be filled up, with tokens that no mask shows."""
    return isinstance(model.inputs, Text) and model.inputs.filler is not None


class TorchSession:
    """Runs the live chain: a training step shows in the next forward.

    Until somebody gets hold of the chain nothing can change it, and it is run by the faster ways of
    `Faster`; after that as whoever holds it expects.
    """

    def __init__(self, model: Model, claim: Claim, options: Options) -> None:
        self._graph = model.graph
        self._claimed = claim.device
        self._threads = max(1, options.threads)
        self._lanes = max(1, options.lanes)
        alone_in_children()
        self._chain: LiveChain | None = build_chain(model, options)
        self._evaluating = Evaluating(self._chain)
        if "device_map" not in options.model_kwargs:  # else transformers has placed the weights
            with placing(claim.device):
                self._chain.to(devices.to_torch(claim.device))
        # Of models that fill queries up, masked places are results, unless a pooling reads them.
        unread = "token_embeddings" not in model.graph.outputs or not _fills(model)
        self._faster = Faster.of(self._chain, self._device(self._chain), unread)
        self._budget = self._tokens(self._chain)
        self._last = self._ask(self._chain)
        self._is_shared = False

    @property
    def effective(self) -> SessionInfo:
        """What torch answers now: whoever holds the chain may have moved or cast it."""
        if self._is_shared and self._chain is not None:
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
        encoders = self._encoders(self._chain)
        if encoders:
            live = encoders[0].auto_model
            newer = getattr(live, "activation_checkpointing_enable", None)
            found["transformers_model"] = live
            found["gradient_checkpointing_enable"] = newer or live.gradient_checkpointing_enable
        return HandedOut(found, self._hand_out)

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
        # OpenMP keeps the number for each calling thread, and a lane's share is always the same: last
        # bits of a sum may depend on it.
        set_threads(max(1, self._threads // self._lanes))
        with running(devices.from_torch(device)), torch.inference_mode(), self._evaluating:
            feeds = {name: to_device(values[name], device) for name in self._graph.inputs}
            passed = chain(feeds)
            return to_host({name: passed[name] for name in self._graph.outputs})

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

    def _hand_out(self) -> None:
        self._is_shared = True
        if self._chain is not None and self._faster.packed:
            with self._evaluating.nobody():
                self._faster = self._faster.without_copies(self._chain)

    def _device(self, chain: LiveChain) -> torch.device:
        first = next(chain.parameters(), None)
        return devices.to_torch(self._claimed) if first is None else first.device

    def _tokens(self, chain: LiveChain) -> int:
        """Padded tokens that core may put into a forward, 0 where it may choose."""
        encoders = self._encoders(chain)
        if not encoders:
            return 0
        model = encoders[0].auto_model
        return memory.budget(self._device(chain), model.config, model.dtype.itemsize, self._lanes)

    def _encoders(self, chain: LiveChain) -> list[Transformer]:
        return [layer for layer in chain.layers() if isinstance(layer, Transformer)]

    def _ask(self, chain: LiveChain) -> SessionInfo:
        first = next(chain.parameters(), None)
        kind = precision.DEFAULT if first is None else precision.from_torch(first.dtype)
        device = self._device(chain)
        encoders = self._encoders(chain)
        ways = [encoders[0].attention if encoders else "aten", *self._faster.names]
        return SessionInfo(
            devices.from_torch(device),
            f"torch {torch.__version__.partition('+')[0]}",
            provider=", ".join(ways),
            arithmetic=kind,
            threads=self._threads if device.type == "cpu" else torch.get_num_threads(),
            lanes=self._lanes,
            unpadded=bool(encoders) and encoders[0].unpadded,
            budget=self._budget,
        )


class HandedOut(Mapping[str, object]):
    """Engine objects by name; says when one is taken, which looking for a name is not."""

    def __init__(self, objects: Mapping[str, object], taken: Callable[[], None]) -> None:
        self._objects, self._taken = objects, taken

    def __getitem__(self, name: str) -> object:
        found = self._objects[name]
        self._taken()
        return found

    def __contains__(self, name: object) -> bool:
        return name in self._objects

    def __iter__(self) -> Iterator[str]:
        return iter(self._objects)

    def __len__(self) -> int:
        return len(self._objects)
