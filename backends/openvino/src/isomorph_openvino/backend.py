"""OpenVINO: programs emitted as its own operators, or graph files that lie in the model folder."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from isomorph.contract import (
    NOTHING_ASKED,
    Asked,
    Claim,
    Device,
    Model,
    Options,
    Session,
    SessionInfo,
)
from isomorph.errors import BadModel, Unsupported
from isomorph.program import Expected, Program, claimable, lower
from isomorph_openvino.artifact import Artifact, find
from isomorph_openvino.choices import rewrite_choices
from isomorph_openvino.devices import from_openvino, list_devices, to_openvino
from isomorph_openvino.emit import EMITTERS, ON_CPU, Emitter
from isomorph_openvino.engine import core, engine
from isomorph_openvino.failures import compiling, loading
from isomorph_openvino.instructions import why_limited
from isomorph_openvino.options import OPTIONS

if TYPE_CHECKING:
    from isomorph_openvino.weights import Weights

_ARITHMETIC = {"float32": "f32", "float16": "f16", "bfloat16": "bf16"}
_CAPABILITIES = {"float16": "FP16", "bfloat16": "BF16"}
"""What OpenVINO calls them where a device computes in them."""

LANES = 64
"""OpenVINO makes as many streams as it is told to; core asks for no more than there are CPUs."""

SHAPES = 128
"""Its kernels are compiled for a shape and kept: some 0.3 MB each for a small encoder."""


class OpenVINOBackend:
    """Runs on the CPU and on Intel GPUs."""

    def devices(self) -> Sequence[Device]:
        """What OpenVINO sees: GPUs, the CPU, an NPU.

        Raises:
            BackendUnavailable: OpenVINO is missing or broken.
            EngineConflict: two distributions of it are installed.
        """
        return list_devices()

    def claim(self, model: Model, device: Device, asked: Asked = NOTHING_ASKED) -> Claim:
        """What lowers to emitted primitives; a graph file in the folder where that reaches further.

        Does not import OpenVINO.

        Raises:
            Unsupported, BadModel: the user names a graph file that is no use, or asks for what there is
                not.
        """
        _refuse_unknown(asked.model_kwargs)
        arithmetic = _arithmetic(asked.arithmetic)
        if device.kind not in ("cpu", "gpu"):
            stop = "OpenVINO's NPU needs static shapes, and texts have none"
            if device.kind != "npu":
                stop = f"OpenVINO has no device kind {device.kind!r}"
            return Claim(device, 0, reason=stop)
        on_cpu = device.kind == "cpu"
        if on_cpu and (limited := why_limited()):
            return Claim(device, 0, reason=limited)
        lanes = LANES if on_cpu else 1
        depth, stop = claimable(model, EMITTERS)
        path, weights = None, None
        if model.artifact is not None or depth < len(model.graph):
            found, reason = find(model)
            stop = f"{stop}; {reason}" if reason else stop
            if found is not None:
                more, then = claimable(model.rest(found.depth), EMITTERS)
                if model.artifact is not None or found.depth + more > depth:
                    depth, stop, path = found.depth + more, then, found.xml
                    weights = found.precision
        steady = on_cpu and path is None  # of files that others made, nobody knows
        shapes = SHAPES if on_cpu else None
        return Claim(
            device,
            depth,
            reason=stop,
            arithmetic=arithmetic,
            weights=weights,
            lanes=lanes,
            artifact=path,
            batch_invariant=steady,
            latency=on_cpu,
            max_shapes=shapes,
        )

    def load(self, model: Model, claim: Claim, options: Options) -> Session:
        """Builds the graph and compiles it.

        ``model_kwargs`` may hold ``ov_config``: OpenVINO properties that take precedence over ours.

        Raises:
            DeviceUnavailable: the device is not there.
            Unsupported: a number type that OpenVINO lacks, a file that does not fit the model, or a
                graph that the device cannot compile.
            BadModel: a tensor or a graph file is missing or damaged.
        """
        from isomorph_openvino.executors import EXECUTORS
        from isomorph_openvino.first import run_once
        from isomorph_openvino.session import OpenVINOSession
        from isomorph_openvino.tables import rows_in_file, table_rows
        from isomorph_openvino.weights import Weights

        _refuse_unknown(options.model_kwargs)
        name = to_openvino(claim.device)
        _refuse_lacking(options.arithmetic, name)
        chosen = _chosen(model, claim)
        program = lower(model.rest(chosen.depth) if chosen else model)
        weights = Weights()
        on_cpu = claim.device.kind == "cpu"
        behind = chosen is not None and chosen.depth < len(model.graph)
        graph = _graph(
            model, program, chosen, weights, ON_CPU if on_cpu else EMITTERS, shown=behind
        )
        properties = _properties(claim.device, options)
        one_thread = chosen is not None and _has_one_thread(properties)
        if one_thread:
            properties = {**properties, **_ONE_OF_TWO}
        if on_cpu:
            EXECUTORS.replace_lost(properties)
        compiled = _compile(graph, name, properties, chosen.xml if chosen else None)
        weights.release()
        effective = _effective(compiled, claim.device, chosen, one_thread)

        def to_be_written() -> Any:
            return _graph(model, program, chosen, Weights(), EMITTERS)

        rows = {**(rows_in_file(graph) if chosen else {}), **table_rows(program)}
        session = OpenVINOSession(
            graph, compiled, model, effective, rows, to_be_written, chosen=chosen
        )
        if chosen is None and on_cpu:
            run_once(session, model)
            weights.release()
        return session


KERNELS = 128
"""Kernels that a stream keeps, each for one shape. By default they are 5,000, and memory grows with the
number of shapes that were ever seen. A model has some ten of its own for a shape: with 64, single texts of
5 to 60 tokens in turn lose 3 %."""


def _chosen(model: Model, claim: Claim) -> Artifact | None:
    """The graph file that was claimed, if any."""
    if claim.artifact is None:
        return None
    found, reason = find(model)
    if found is None or found.xml != claim.artifact:
        raise BadModel(f"{claim.artifact} has changed since it was claimed. {reason}".strip())
    return found


def _refuse_unknown(model_kwargs: Mapping[str, Any]) -> None:
    """Refuses what would otherwise be silently ignored."""
    unknown = sorted(set(model_kwargs) - set(OPTIONS))
    if unknown:
        raise Unsupported(
            f"model_kwargs {', '.join(unknown)} have no effect on OpenVINO; known: "
            f"file_name, output_name, {', '.join(OPTIONS)}."
        )


def _arithmetic(asked: str | None) -> str:
    """The arithmetic of a session; float32 where nobody asks for another.

    Raises:
        Unsupported: OpenVINO does not compute in the asked-for number type.
    """
    arithmetic = asked or "float32"
    if arithmetic not in _ARITHMETIC:
        known = ", ".join(_ARITHMETIC)
        raise Unsupported(f"arithmetic in {arithmetic!r} was asked for; OpenVINO has {known}.")
    return arithmetic


def _refuse_lacking(arithmetic: str | None, device: str) -> None:
    """Refuses a number type in which this device would not compute, though OpenVINO takes the request.

    Raises:
        Unsupported: the device computes in float32 in its place.
    """
    asked = _arithmetic(arithmetic)
    if asked == "float32":
        return
    if _CAPABILITIES[asked] not in core().get_property(device, "OPTIMIZATION_CAPABILITIES"):
        raise Unsupported(
            f"arithmetic in {asked!r} was asked for, and {core().get_property(device, 'FULL_DEVICE_NAME')} "
            f"has no instructions for it; OpenVINO would compute in float32. Ask for float32."
        )


def _graph(
    model: Model,
    program: Program,
    chosen: Artifact | None,
    weights: Weights,
    emitters: Mapping[str, Emitter],
    shown: bool = False,
) -> Any:
    """The program as an `openvino.Model`, behind the modules that a file holds if one was chosen.

    Raises:
        BadModel: OpenVINO cannot read the graph file, or it changed, or it says of its outputs that they
            have other axes than what the modules write.
    """
    from isomorph_openvino.compose import compose, extend, extents

    if chosen is None:
        return compose(program, weights, emitters)
    with loading(model, chosen.xml):
        base = core().read_model(str(chosen.xml), str(chosen.weights))
        found = {name: extents(base, own) for name, own in chosen.outputs.items()}
        Expected(model.prefix(chosen.depth)).refuse_fixed(chosen.xml, found)
        rewrite_choices(engine().opset15, base)
        return extend(base, chosen.outputs, program, weights, emitters, shown)


def _compile(graph: Any, name: str, properties: Mapping[str, Any], file: Path | None) -> Any:
    """Compiles in a thread of its own, since OpenVINO leaves that with other arithmetic.

    To flush denormals it sets a flag of the calling thread, where from then on numpy would flush
    them too.

    Raises:
        Unsupported, BadModel: the device cannot compile the graph, which may begin in a file.
    """
    with ThreadPoolExecutor(1, "openvino-compile") as thread, compiling(name, file):
        return thread.submit(core().compile_model, graph, name, properties).result()


def _properties(device: Device, options: Options) -> Mapping[str, Any]:
    """What to compile with. The arithmetic is always named, or OpenVINO takes bfloat16 where it can.

    Raises:
        Unsupported: OpenVINO does not compute in the asked-for number type.
    """
    properties: dict[str, Any] = {
        "INFERENCE_PRECISION_HINT": _ARITHMETIC[_arithmetic(options.arithmetic)],
        "NUM_STREAMS": options.lanes,
    }
    if device.kind == "cpu":
        properties["INFERENCE_NUM_THREADS"] = options.threads
        # Pinned threads of two lanes, or of two processes in one quota, land on the same cores.
        whole_machine = options.lanes == 1 and options.threads == os.cpu_count()
        properties["ENABLE_CPU_PINNING"] = whole_machine
        # Or it looks for denormals in every weight, so that tables that are only indexed are read.
        properties["CPU_DENORMALS_OPTIMIZATION"] = True
        properties["CPU_RUNTIME_CACHE_CAPACITY"] = KERNELS
    return {**properties, **dict(options.model_kwargs.get("ov_config") or {})}


def _has_one_thread(properties: Mapping[str, Any]) -> bool:
    return str(properties.get("INFERENCE_NUM_THREADS")) == "1"


_ONE_OF_TWO = {"NUM_STREAMS": 2, "INFERENCE_NUM_THREADS": 2}
"""For a graph that somebody else made, in place of one thread: the second stream is never used.

With one thread in all, OpenVINO 2026.4 loses the error of shapes that do not fit, and goes on with memory of
another size until the process ends. Shapes of our own graphs fit.
"""


def _effective(
    compiled: Any, device: Device, chosen: Artifact | None, one_thread: bool
) -> SessionInfo:
    """What the compiled model says of itself; GPUs have no CPU threads to speak of.

    With `one_thread` no more than that is used of what was compiled.
    """
    execution = [str(name) for name in compiled.get_property("EXECUTION_DEVICES")]
    ov_type = compiled.get_property("INFERENCE_PRECISION_HINT").get_type_name()
    known = (name for name, short in _ARITHMETIC.items() if short == ov_type)
    threads = compiled.get_property("INFERENCE_NUM_THREADS") if device.kind == "cpu" else 0
    lanes = compiled.get_property("NUM_STREAMS")
    if one_thread:
        threads, lanes = 1, 1
    on = from_openvino(execution[0]) if len(execution) == 1 else None
    return SessionInfo(
        device=on or Device(",".join(execution).lower()),
        engine=f"openvino {engine().get_version()}",
        provider=",".join(execution),
        arithmetic=str(next(known, ov_type)),
        weights=chosen.precision if chosen else None,
        threads=int(threads),
        lanes=int(lanes),
        artifact=chosen.xml if chosen else None,
    )
