"""The chain on its device, which all sessions of one loaded model share."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import torch

from isomorph.contract import Claim, Model, Options, SessionInfo
from isomorph.hookspecs import Text
from isomorph_torch import devices, memory, precision
from isomorph_torch.chain import Evaluating, LiveChain, build_chain
from isomorph_torch.failures import placing
from isomorph_torch.modules.transformer import Transformer
from isomorph_torch.speed import Faster
from isomorph_torch.threads import is_small


class Live:
    """A chain, and the ways by which it is run.

    Until somebody gets hold of the chain nothing can change it, and it is run by the faster ways of
    `Faster`; after that as whoever holds it expects.
    """

    def __init__(self, model: Model, claim: Claim, options: Options) -> None:
        self.is_handed_out = False
        self.chain: LiveChain = build_chain(model, options)
        self.is_small = is_small(self.chain)
        # Built in evaluation mode: only who holds the chain can change that.
        self.evaluating = Evaluating(self.chain, is_changeable=False)
        if "device_map" not in options.model_kwargs:  # else transformers has placed the weights
            with placing(claim.device):
                self.chain.to(devices.to_torch(claim.device))
        self._placed = self._where(devices.to_torch(claim.device))
        # Of models that fill queries up, masked places are results, unless a pooling reads them.
        unread = "token_embeddings" not in model.graph.outputs or not _fills(model)
        self._faster = Faster.of(self.chain, self.device, unread)

    @property
    def device(self) -> torch.device:
        """Where the weights are; whoever holds the chain may have moved them."""
        return self._where(self._placed) if self.is_handed_out else self._placed

    @property
    def native(self) -> Mapping[str, object]:
        """What users may take by name; from then on the chain is theirs as well."""
        found: dict[str, object] = {"torch_module": self.chain, "compile": self.chain.compile}
        encoders = self._encoders()
        if encoders:
            live = encoders[0].auto_model
            newer = getattr(live, "activation_checkpointing_enable", None)
            found["transformers_model"] = live
            found["gradient_checkpointing_enable"] = newer or live.gradient_checkpointing_enable
        return HandedOut(found, self._hand_out)

    def budget(self, lanes: int) -> int:
        """Padded tokens that core may put into each of so many forwards at once, 0 where it may choose."""
        encoders = self._encoders()
        if not encoders:
            return 0
        model = encoders[0].auto_model
        return memory.budget(self.device, model.config, model.dtype.itemsize, lanes)

    def info(self, threads: int, lanes: int, budget: int) -> SessionInfo:
        """What torch answers now, for a session of so many threads and lanes."""
        first = next(self.chain.parameters(), None)
        kind = precision.DEFAULT if first is None else precision.from_torch(first.dtype)
        device = self.device
        encoders = self._encoders()
        ways = [encoders[0].attention if encoders else "aten", *self._faster.names]
        return SessionInfo(
            devices.from_torch(device),
            f"torch {torch.__version__.partition('+')[0]}",
            provider=", ".join(ways),
            arithmetic=kind,
            threads=threads if device.type == "cpu" else torch.get_num_threads(),
            lanes=lanes,
            unpadded=bool(encoders) and encoders[0].unpadded,
            budget=budget,
        )

    def _where(self, otherwise: torch.device) -> torch.device:
        first = next(self.chain.parameters(), None)
        return otherwise if first is None else first.device

    def _hand_out(self) -> None:
        self.is_handed_out = self.evaluating.is_changeable = True
        if self._faster.packed:
            with self.evaluating.nobody():
                self._faster = self._faster.without_copies(self.chain)

    def _encoders(self) -> list[Transformer]:
        return [layer for layer in self.chain.layers() if isinstance(layer, Transformer)]


def _fills(model: Model) -> bool:
    """Whether short texts may be filled up, with tokens that no mask shows."""
    return isinstance(model.inputs, Text) and model.inputs.filler is not None


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
