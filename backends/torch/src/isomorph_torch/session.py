"""A live chain between numpy arrays, with its share of the CPUs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch

from isomorph.contract import Claim, Model, Options, SessionInfo, Values
from isomorph_torch import devices
from isomorph_torch.alone import ALONE, is_alone
from isomorph_torch.failures import running
from isomorph_torch.forks import alone_in_children
from isomorph_torch.live import Live
from isomorph_torch.threads import Team
from isomorph_torch.transfers import to_device, to_host


class TorchSession:
    """Runs the live chain: a training step shows in the next forward.

    A session that is loaded beside another one runs the same chain, on other threads.
    """

    def __init__(self, model: Model, claim: Claim, options: Options) -> None:
        self._graph = model.graph
        self._threads, self._lanes = max(1, options.threads), max(1, options.lanes)
        alone_in_children()
        beside = options.beside
        live = beside._live if isinstance(beside, TorchSession) else None
        self._live: Live | None = live or Live(model, claim, options)
        self._serves_one = self._lanes == 1 and self._threads > 1
        if self._serves_one and self._live.is_small:
            self._threads = 1
        # OpenMP keeps the number for each calling thread.
        self._team = Team(max(1, self._threads // self._lanes), alone=self._lanes == 1)
        self._budget = self._live.budget(self._lanes)
        self._last = self._ask(self._live)

    @property
    def effective(self) -> SessionInfo:
        """What torch answers now: whoever holds the chain may have moved or cast it."""
        if self._live is not None and self._live.is_handed_out:
            self._last = self._ask(self._live)
        return self._last

    @property
    def native(self) -> Mapping[str, object]:
        """``torch_module``: the live chain; calling it with feeds by name gives values by name.

        ``compile``: its method; later forwards are then compiled. ``transformers_model``: the model of
        transformers in it, where there is one, and ``gradient_checkpointing_enable``, its method.
        """
        return {} if self._live is None else self._live.native

    def forward(self, values: Values) -> Values:
        """Evaluation mode without gradients, whatever mode the chain is in otherwise.

        Raises:
            InputError: an id or a position lies outside of the model's tables.
            BackendError: torch failed, for lack of memory or otherwise.
            RuntimeError: the session is closed.
        """
        live = self._live
        if live is None:
            raise RuntimeError("This session is closed.")
        device, names = live.device, self._graph.inputs
        if live.is_handed_out:
            self._team.fix()  # whoever holds the chain may have compiled it
        alone = ALONE.set(self._serves_one and is_alone(values, names))
        try:
            with (
                running(devices.from_torch(device)),
                torch.inference_mode(),
                live.evaluating,
                self._team,
            ):
                passed = live.chain({name: to_device(values[name], device) for name in names})
                return to_host({name: passed[name] for name in self._graph.outputs})
        finally:
            ALONE.reset(alone)

    def save(self, folder: Path) -> None:
        """Writes each module's weights, and the transformer's ``config.json``, into its own folder.

        The rest of the model folder (``modules.json``, tokenizer, settings) is there already.
        """
        if self._live is None:
            raise RuntimeError("This session is closed.")
        layers = self._live.chain.layers()
        for module, layer in zip(self._graph.modules, layers, strict=True):
            layer.save(folder / module.folder)

    def close(self) -> None:
        """Lets go of the chain; whoever else holds it keeps it alive."""
        if self._live is not None:
            self._last = self._ask(self._live)
        self._live = None

    def _ask(self, live: Live) -> SessionInfo:
        return live.info(self._threads, self._lanes, self._budget)
