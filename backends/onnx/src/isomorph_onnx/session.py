"""A loaded graph in ONNX Runtime."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isomorph.contract import Claim, Effective, Model, Options, Tensor, Values
from isomorph.errors import BadModel, DeviceUnavailable, Unsupported
from isomorph.program import Program
from isomorph_onnx.artefact import DEPTH_KEY, FILE, KNOWN_OUTPUTS, Artefact
from isomorph_onnx.devices import PROVIDERS, engine, providers
from isomorph_onnx.emit import Emitter
from isomorph_onnx.graph import External, Port, encode_model

_IN_PLACE = "isomorph-weights"  # where the file says its weights lie; they are handed over instead
_SMALL = 1024  # bytes up to which a constant is written into the graph


class OnnxSession:
    """Runs one graph. `forward` may be called from `lanes` threads at once."""

    def __init__(
        self, model: Model, source: bytes | Path, claim: Claim, options: Options,
        weights: Mapping[str, NDArray[Any]] | None = None, program: Program | None = None,
    ) -> None:  # fmt: skip
        if options.precision not in (None, "float32"):
            raise Unsupported(
                f"precision {options.precision!r}: this backend computes in float32; a file exported "
                "in another precision keeps its own."
            )
        self._model = model
        self._program = program
        self._weights = dict(weights or {})  # mapped memory that the session reads from
        runtime = engine()
        threads = max(1, options.threads // max(1, options.lanes))
        settings = _settings(runtime, threads)
        if weights:
            values = [runtime.OrtValue.ortvalue_from_numpy(a) for a in self._weights.values()]
            settings.add_external_initializers(list(self._weights), values)
        made_from = str(source) if isinstance(source, Path) else source
        try:
            self._session: Any = runtime.InferenceSession(
                made_from, settings, providers=providers(claim.device)
            )
        except Exception as cause:
            raise BadModel(f"ONNX Runtime refuses the graph: {cause}") from cause
        self._inputs = {port.name: port.type for port in self._session.get_inputs()}
        self._bind_outputs()
        self._effective = self._measure(runtime, claim, threads, options.lanes)

    @classmethod
    def from_program(
        cls, model: Model, program: Program, claim: Claim, options: Options
    ) -> OnnxSession:
        """A session of a lowered graph, whose weights stay mapped from their files."""
        emitter = Emitter(program, "fused" if claim.device.kind in ("cpu", "cuda") else "plain")
        weights = {
            name: np.ascontiguousarray(value.numpy() if isinstance(value, Tensor) else value)
            for name, value in emitter.constants.items()
            if isinstance(value, Tensor) or value.nbytes > _SMALL
        }
        constants = {
            name: External(_IN_PLACE, 0, array.nbytes, _STORED_AS[array.dtype.name], array.shape)
            for name, array in weights.items()
        }
        small = {k: v for k, v in emitter.constants.items() if not isinstance(v, Tensor)}
        graph = _encode(model, program, emitter, {**small, **constants})
        return cls(model, graph, claim, options, weights, program)

    @classmethod
    def from_artefact(
        cls, model: Model, artefact: Artefact, claim: Claim, options: Options
    ) -> OnnxSession:
        """A session of a file in the model folder."""
        return cls(model, artefact.file, claim, options)

    @property
    def effective(self) -> Effective:
        """What ONNX Runtime answers."""
        return self._effective

    @property
    def native(self) -> Mapping[str, object]:
        """The InferenceSession."""
        return {"onnx_session": self._session}

    def forward(self, values: Values) -> Values:
        """One run; inputs that a file wants and nobody feeds are made."""
        session = self._session
        if session is None:
            raise RuntimeError("This session is closed.")
        feeds = {name: _feed(name, kind, values) for name, kind in self._inputs.items()}
        results = session.run(list(self._outputs.values()), feeds)
        return {
            name: result.astype(np.float32, copy=False)
            for name, result in zip(self._outputs, results, strict=True)
        }

    def save(self, folder: Path) -> None:
        """Writes ``onnx/model.onnx`` in standard operators, weights inside or, past 2 GB, beside it."""
        if self._program is None:
            return  # it runs from a file of the folder already
        target = folder / "onnx"
        target.mkdir(parents=True, exist_ok=True)
        emitter = Emitter(self._program, "plain")
        constants: dict[str, NDArray[Any] | External] = {}
        temporary = target / f".{FILE}.data.{os.getpid()}"
        with temporary.open("wb") as data:
            for name, value in emitter.constants.items():
                array = np.ascontiguousarray(value.numpy() if isinstance(value, Tensor) else value)
                if array.nbytes <= _SMALL:
                    constants[name] = array
                    continue
                data.write(b"\0" * (-data.tell() % 64))
                place = data.tell()
                data.write(array.tobytes())
                stored = _STORED_AS[array.dtype.name]
                constants[name] = External(f"{FILE}.data", place, array.nbytes, stored, array.shape)
        graph = target / f".{FILE}.{os.getpid()}"
        graph.write_bytes(_encode(self._model, self._program, emitter, constants))
        temporary.replace(target / f"{FILE}.data")
        graph.replace(target / FILE)

    def close(self) -> None:
        """Frees the engine's session."""
        self._session = None
        self._weights = {}

    def _bind_outputs(self) -> None:
        """Which output of the file holds each name that the graph promises."""
        names = [port.name for port in self._session.get_outputs()]
        self._outputs: dict[str, str] = {}
        for promised in self._model.graph.outputs:
            holders = [n for n in names if n == promised or KNOWN_OUTPUTS.get(n) == promised]
            if not holders:
                raise BadModel(f"The ONNX file has outputs {names}, none of which is {promised!r}.")
            self._outputs[promised] = holders[0]

    def _measure(self, runtime: Any, claim: Claim, threads: int, lanes: int) -> Effective:
        used = self._session.get_providers()
        wanted = PROVIDERS[claim.device.kind]
        if used[0] != wanted:
            raise DeviceUnavailable(
                str(claim.device),
                "onnx",
                [str(claim.device)],
                f"the session fell back to {used[0]}",
            )
        engine_name = f"onnxruntime {runtime.__version__}"
        return Effective(
            claim.device, engine_name, used[0], "float32", threads * lanes, lanes, claim.artefact
        )


_STORED_AS = {"float32": "F32", "int64": "I64", "int32": "I32", "bool": "BOOL"}
_FEED_DTYPES = {"tensor(int64)": np.int64, "tensor(int32)": np.int32, "tensor(float)": np.float32}


def _settings(runtime: Any, threads: int) -> Any:
    settings = runtime.SessionOptions()
    settings.intra_op_num_threads = threads
    settings.inter_op_num_threads = 1
    settings.log_severity_level = 3  # errors only: its warnings are not ones a user can act on
    if threads > 1:
        # Idle threads must not burn the cores that the other lanes and the tokenizer use.
        settings.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return settings


def _encode(
    model: Model, program: Program, emitter: Emitter, constants: Mapping[str, Any]
) -> bytes:
    shapes = {1: ("rows",), 2: ("rows", "width"), 3: ("rows", "width", "dim")}
    inputs = []
    for name, feed in program.feeds.items():
        free = ("tokens",) if feed.rank == 1 and name == "input_ids" else shapes.get(feed.rank)
        inputs.append(Port(name, feed.dtype, free or [f"d{i}" for i in range(feed.rank)]))
    ranks = {"sentence_embedding": 2, "token_embeddings": 3, "all_layer_embeddings": 4}
    outputs = [
        Port(name, "float32", [f"{name}_{i}" for i in range(ranks.get(name, 2))])
        for name in program.outputs
    ]
    metadata = {DEPTH_KEY: str(len(model.graph))}
    return encode_model(emitter.nodes, inputs, outputs, constants, metadata)


def _feed(name: str, kind: str, values: Values) -> NDArray[Any]:
    """The value of one input; token types and positions are made where nobody feeds them."""
    dtype = _FEED_DTYPES.get(kind, np.int64)
    if name in values:
        return values[name].astype(dtype, copy=False)
    ids = values["input_ids"]
    if name == "token_type_ids":
        return np.zeros(ids.shape, dtype)
    if name == "position_ids":
        return np.broadcast_to(np.arange(ids.shape[-1], dtype=dtype), ids.shape)
    raise BadModel(f"The ONNX file wants an input {name!r} that is not known here.")
