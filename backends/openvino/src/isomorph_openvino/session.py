"""A compiled model behind a pool of infer requests, one for each lane."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import numpy as np

from isomorph.contract import Model, SessionInfo, Values
from isomorph.errors import InputError
from isomorph.program import Expected, fed
from isomorph_openvino import artifact
from isomorph_openvino.artifact import Artifact
from isomorph_openvino.compose import passed
from isomorph_openvino.engine import engine
from isomorph_openvino.failures import running


@dataclass(frozen=True, slots=True)
class Input:
    """An input of the compiled model: its names, and the type in which it wants them."""

    names: frozenset[str]
    dtype: np.dtype[Any]


class OpenVINOSession:
    """The native prefix of a model. `forward` may be called from any number of threads.

    More callers than lanes wait for a free infer request.
    """

    def __init__(
        self,
        graph: Any,
        compiled: Any,
        model: Model,
        effective: SessionInfo,
        table_rows: Mapping[str, int],
        to_be_written: Callable[[], Any],
        chosen: Artifact | None = None,
    ) -> None:
        """Takes the graph that was compiled too, and what makes the one that `save` writes.

        `model` is cut to what it computes, some of it by the file that was `chosen`.
        """
        self._graph = graph
        self._to_be_written = to_be_written
        self._compiled = compiled
        self._model = model
        self._effective = effective
        self._chosen = chosen
        self._table_rows = table_rows
        self._inputs = [
            Input(frozenset(port.names), np.dtype(port.element_type.to_dtype()))
            for port in compiled.inputs
        ]
        self._outputs = {name: _place(compiled, name) for name in model.graph.outputs}
        self._passed: dict[str, int] = {}
        if chosen and chosen.depth < len(model.graph):
            self._expected = Expected(model.prefix(chosen.depth))
            self._passed = {name: _place(compiled, passed(name)) for name in chosen.outputs}
        self._requests: SimpleQueue[Any] | None = SimpleQueue()
        for _ in range(effective.lanes):
            self._requests.put(compiled.create_infer_request())

    @property
    def effective(self) -> SessionInfo:
        """What the compiled model answers about itself."""
        return self._effective

    @property
    def native(self) -> Mapping[str, object]:
        """``compiled_model`` and ``ov_model``, the graph before compilation; {} once closed."""
        if self._requests is None:
            return {}
        return {"compiled_model": self._compiled, "ov_model": self._graph}

    def forward(self, values: Values) -> Values:
        """Runs on a free infer request.

        Raises:
            RuntimeError: the session is closed.
            InputError: a token id is not in the table.
            BadModel, BackendError: the engine fails, in a file of the model or in a graph of ours.
        """
        requests = self._requests
        if requests is None:
            raise RuntimeError("This session is closed.")
        self._check_ids(values)
        request = requests.get()
        try:
            with running(self._chosen.xml if self._chosen else None):
                for index, port in enumerate(self._inputs):
                    value = fed(port.names, values, self._model)
                    tensor = engine().Tensor(np.ascontiguousarray(value, port.dtype))  # copies
                    request.set_input_tensor(index, tensor)
                request.infer()
                self._check_passed(request, values)
                # The request writes its next results over these: hand out copies.
                return {
                    name: np.array(request.get_output_tensor(index).data, np.float32, order="C")
                    for name, index in self._outputs.items()
                }
        finally:
            requests.put(request)

    def _check_passed(self, request: Any, values: Values) -> None:
        """Refuses values of the file that what follows it would broadcast.

        Raises:
            BadModel: they have other axes than its modules write.
        """
        if self._passed and self._chosen is not None:
            shapes = {
                name: tuple(request.get_output_tensor(index).shape)
                for name, index in self._passed.items()
            }
            self._expected.refuse(self._chosen.xml, shapes, values)

    def _check_ids(self, values: Values) -> None:
        """OpenVINO reads zeros for an id behind the end of a table, and says nothing."""
        for name, rows in self._table_rows.items():
            ids = values.get(name)
            if ids is not None and ids.size and ids.view(np.uint64).max() >= rows:  # -1 is large
                where = f"the table in {self._chosen.xml}" if self._chosen else "the model's table"
                raise InputError(
                    f"{name} holds {ids.min()} to {ids.max()}, but {where} has {rows} rows: the tokenizer "
                    "has tokens that the model has no vectors for. Resize its token embeddings."
                )

    def save(self, folder: Path) -> None:
        """Writes ``openvino/openvino_model.xml``, its weights in float32, and a manifest.

        Raises:
            RuntimeError: the session is closed.
        """
        if self._requests is None:
            raise RuntimeError("This session is closed.")
        artifact.write(
            self._to_be_written(), self._model, self._effective.weights or "float32", folder
        )

    def close(self) -> None:
        """Frees the compiled model, its requests and the mapped weights."""
        if self._requests is None:
            return
        self._requests = None
        self._compiled = None
        self._graph = None


def _place(compiled: Any, name: str) -> int:
    """Which of the outputs has this name."""
    return next(i for i, port in enumerate(compiled.outputs) if name in port.names)
