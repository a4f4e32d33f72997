"""A loaded graph in ONNX Runtime."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from isomorph.contract import Claim, Model, Options, SessionInfo, Values
from isomorph.errors import BackendError, BadModel, DeviceUnavailable
from isomorph.program import Program, fed
from isomorph_onnx.asked import refuse_other_arithmetic, refuse_unknown
from isomorph_onnx.coded import OF_7_BITS, row_codes
from isomorph_onnx.compiled import WEIGHTS_FOLDER, compiled
from isomorph_onnx.devices import PROVIDERS, providers
from isomorph_onnx.emit import Emitter, output_port
from isomorph_onnx.engine import engine
from isomorph_onnx.failures import loading, running
from isomorph_onnx.write import Placed, copy, encode, in_place, moved, write

if TYPE_CHECKING:
    from isomorph_onnx.artifact import Artifact


class OnnxSession:
    """Runs one graph. `forward` may be called from `lanes` threads at once."""

    def __init__(
        self, model: Model, source: bytes | Path, claim: Claim, options: Options,
        placed: Placed | None = None, program: Program | None = None,
        artifact: Artifact | None = None, compiled: bool = False,
    ) -> None:  # fmt: skip
        self._artifact = artifact
        refuse_other_arithmetic(options.arithmetic, artifact)
        refuse_unknown(options.model_kwargs, claim.device)
        self._model = model
        self._program = program
        self._weights = dict(placed.weights) if placed else {}  # memory that the session reads
        runtime = engine()
        threads = max(1, options.threads // max(1, options.lanes))
        settings = _settings(runtime, threads, options.lanes)
        if compiled:
            settings.graph_optimization_level = runtime.GraphOptimizationLevel.ORT_DISABLE_ALL
        if placed is not None:
            settings.add_session_config_entry(WEIGHTS_FOLDER, str(placed.folder.absolute()))
        if self._weights:
            values = [runtime.OrtValue.ortvalue_from_numpy(a) for a in self._weights.values()]
            settings.add_external_initializers(list(self._weights), values)
            if claim.device.kind == "cpu":
                # The first call alone gives ONNX Runtime values to copy; the second lets it use them.
                for name, value in zip(self._weights, values, strict=True):
                    settings.add_initializer(name, value)
        made_from = str(source) if isinstance(source, Path) else source
        with loading(model, artifact.file if artifact else None):
            self._session: Any = runtime.InferenceSession(
                made_from, settings, providers=providers(claim.device), enable_fallback=0
            )  # its fallback prints, and takes another device
        ports = {port.name: port.type for port in self._session.get_inputs()}
        _refuse_narrow_ids(ports, artifact)
        self._inputs: list[tuple[str, tuple[str], Any]] = [
            (name, (name,), _FEED_DTYPES.get(kind, np.int64)) for name, kind in ports.items()
        ]
        self._bind_outputs()
        self._effective = self._measure(runtime, claim, options.lanes)

    @classmethod
    def from_program(
        cls, model: Model, program: Program, claim: Claim, options: Options
    ) -> OnnxSession:
        """A session of a lowered graph, whose weights stay in their files."""
        emitter = Emitter(
            program,
            _dialect(claim, options),
            by_codes=claim.weights is not None,
            in_blocks=claim.device.kind == "cpu",
        )
        placed = in_place(model, emitter)
        graph = encode(model, program, emitter, placed.constants)
        kept = compiled(graph, placed, claim, options)
        if kept is not None:
            try:
                return cls(model, kept, claim, options, program=program, compiled=True)
            except (BadModel, BackendError):  # damaged since: what it was made from is still there
                pass
        session = cls(model, graph, claim, options, placed, program)
        if moved(emitter, placed):
            raise BadModel(f"The weights of {model.folder} were replaced while they were loaded.")
        return session

    @classmethod
    def from_artifact(
        cls, model: Model, artifact: Artifact, claim: Claim, options: Options
    ) -> OnnxSession:
        """A session of a file in the model folder."""
        return cls(model, artifact.file, claim, options, artifact=artifact)

    @property
    def effective(self) -> SessionInfo:
        """What ONNX Runtime answers."""
        return self._effective

    @property
    def native(self) -> Mapping[str, object]:
        """The InferenceSession."""
        return {"onnx_session": self._session}

    def forward(self, values: Values) -> Values:
        """One run; inputs that a file wants and nobody feeds are made.

        Raises:
            RuntimeError: the session is closed.
            BadModel, BackendError: ONNX Runtime fails, in a file of the model or in a graph of ours.
            InputError: a file has no vector for a token.
        """
        session = self._session
        if session is None:
            raise RuntimeError("This session is closed.")
        feeds = {
            name: fed(names, values, self._model).astype(dtype, copy=False)
            for name, names, dtype in self._inputs
        }
        with running(self._artifact.file if self._artifact else None):
            results = session.run(list(self._outputs.values()), feeds)
            return {
                name: result.astype(np.float32, copy=False)
                for name, result in zip(self._outputs, results, strict=True)
            }

    def save(self, folder: Path) -> None:
        """Writes ``model.onnx`` in standard operators into the chain's place, and its weights in one file.

        A file that was found is copied as it is, unless it lies in that folder already.
        """
        from isomorph_onnx.artifact import LAYOUT, named_output

        if self._program is not None:
            emitter = Emitter(self._program, "plain")
            write(self._model, self._program, emitter, LAYOUT.target(self._model, folder))
        elif self._artifact is not None:
            output = named_output(self._model, self._artifact.signature)
            copy(self._model, self._artifact, folder, output)

    def close(self) -> None:
        """Frees the engine's session."""
        self._session = None
        self._weights = {}

    @property
    def _name(self) -> str:
        return str(self._artifact.file) if self._artifact else "The ONNX graph"

    def _bind_outputs(self) -> None:
        """Which output of the file holds each name that the graph promises."""
        names = [port.name for port in self._session.get_outputs()]
        self._outputs: dict[str, str] = {}
        held = self._artifact.outputs if self._artifact else {}
        for promised in self._model.graph.outputs:
            own = output_port(self._program, promised) if self._program else held.get(promised, "")
            if own not in names:
                raise BadModel(f"{self._name} has outputs {names}, none of which is {promised!r}.")
            self._outputs[promised] = own

    def _measure(self, runtime: Any, claim: Claim, lanes: int) -> SessionInfo:
        used = self._session.get_providers()
        wanted = PROVIDERS[claim.device.kind]
        if used[0] != wanted:
            raise DeviceUnavailable(
                str(claim.device),
                "onnx",
                [str(claim.device)],
                f"the session fell back to {used[0]}",
            )
        each = self._session.get_session_options().intra_op_num_threads
        name = f"onnxruntime {runtime.__version__}"
        file = self._artifact.file if self._artifact else None
        stored = self._artifact.signature if self._artifact else None
        by_codes = self._program is not None and claim.weights is not None
        is_rounded_more = by_codes and row_codes() is OF_7_BITS  # than the folder asks for
        return SessionInfo(
            claim.device,
            name,
            provider=f"{used[0]}, activations of 7 bits" if is_rounded_more else used[0],
            threads=each * lanes,
            lanes=lanes,
            arithmetic=stored.arithmetic if stored else "float32",
            weights=stored.precision if stored else claim.weights,
            artifact=file,
        )


_FEED_DTYPES = {
    "tensor(int64)": np.int64,
    "tensor(int32)": np.int32,
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
    "tensor(bool)": np.bool_,
}


_TOO_NARROW = ("tensor(float16)", "tensor(bool)")


def _refuse_narrow_ids(inputs: Mapping[str, str], artifact: Artifact | None) -> None:
    """Refuses a file that takes token ids in a type that cannot hold them."""
    if artifact is not None and inputs.get("input_ids") in _TOO_NARROW:
        raise BadModel(
            f"{artifact.file} wants input_ids as {inputs['input_ids']}, which holds no ids."
        )


def _dialect(claim: Claim, options: Options) -> str:
    """What attention is made of. Few texts that all threads share gain less from an If than it takes."""
    if claim.device.kind == "cpu":
        return "fused" if options.lanes == 1 < options.threads else "branched"
    return "fused" if claim.device.kind == "cuda" else "plain"


def _settings(runtime: Any, threads: int, lanes: int) -> Any:
    settings = runtime.SessionOptions()
    settings.intra_op_num_threads = threads
    settings.inter_op_num_threads = 1
    settings.enable_mem_pattern = (
        False  # or it keeps a plan of memory for every shape that it has seen
    )
    settings.log_severity_level = 4  # nothing: what it refuses is raised, and told there
    if lanes == 1:
        # Threads wait for each other by spinning, which is much faster; when the run ends they sleep.
        settings.add_session_config_entry("session.force_spinning_stop", "1")
    else:
        # Spinning would take the cores that the other lanes and the tokenizer use.
        settings.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return settings
