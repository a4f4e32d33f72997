"""OpenVINO: programs emitted as its own operators, or graph files that lie in the model folder."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from isomorph.contract import Claim, Device, Effective, Model, Options, Session
from isomorph.cpu import effective_cpus
from isomorph.errors import BadModel, Unsupported
from isomorph.program import Program, claimable, lower
from isomorph_openvino import artefact
from isomorph_openvino.artefact import Artefact
from isomorph_openvino.devices import core, engine, find_devices, from_openvino, to_openvino
from isomorph_openvino.emit import EMITTERS

_PRECISIONS = {"float32": "f32", "float16": "f16", "bfloat16": "bf16"}


class OpenVINOBackend:
    """Runs on the CPU and on Intel GPUs."""

    def devices(self) -> Sequence[Device]:
        """What OpenVINO sees: GPUs, the CPU, an NPU.

        Raises:
            BackendUnavailable: OpenVINO is missing or broken.
            EngineConflict: two distributions of it are installed.
        """
        return find_devices()

    def claim(self, model: Model, device: Device) -> Claim:
        """What lowers to emitted primitives; a graph file in the folder where that reaches further.

        Does not import OpenVINO.
        """
        if device.kind not in ("cpu", "gpu"):
            stop = "OpenVINO's NPU needs static shapes, and texts have none"
            if device.kind != "npu":
                stop = f"OpenVINO has no device kind {device.kind!r}"
            return Claim(device, 0, stop)
        lanes = effective_cpus() if device.kind == "cpu" else 1
        depth, stop = claimable(model, EMITTERS)
        path = None
        if depth < len(model.graph):
            try:
                found = artefact.find(model)
            except (Unsupported, BadModel) as reason:
                found, stop = None, f"{stop}; {reason}"
            if found is not None:
                more, then = claimable(model.rest(found.depth), EMITTERS)
                if found.depth + more > depth:
                    depth, stop, path = found.depth + more, then, found.xml
        return Claim(device, depth, stop, lanes=lanes, artefact=path)

    def load(self, model: Model, claim: Claim, options: Options) -> Session:
        """Builds the graph and compiles it.

        ``model_kwargs`` may hold ``file_name``, a graph file of the folder to use in place of the
        weights, and ``ov_config``, OpenVINO properties that take precedence over ours.

        Raises:
            DeviceUnavailable: the device is not there.
            Unsupported: a precision that OpenVINO lacks, a file that does not fit the model, or a
                graph that the device cannot compile.
            BadModel: a tensor or a graph file is missing or damaged.
        """
        from isomorph_openvino.compose import table_rows
        from isomorph_openvino.session import OpenVINOSession

        name = to_openvino(claim.device)
        chosen = _chosen(model, claim, options)
        program = lower(model.rest(chosen.depth) if chosen else model)
        graph = _graph(program, chosen)
        try:
            compiled = core().compile_model(graph, name, _properties(claim.device, options))
        except RuntimeError as cause:
            raise Unsupported(f"OpenVINO cannot compile this model for {name}: {cause}") from cause
        path = chosen.xml if chosen else None
        effective = _effective(compiled, claim.device, path)
        return OpenVINOSession(graph, compiled, model, effective, table_rows(program))


def _chosen(model: Model, claim: Claim, options: Options) -> Artefact | None:
    """The graph file to use, if any: the one that the user names, else the one that was claimed."""
    name = options.model_kwargs.get("file_name")
    if name is None:
        found = artefact.find(model) if claim.artefact else None
        if claim.artefact and (found is None or found.xml != claim.artefact):
            raise BadModel(f"{claim.artefact} has vanished since it was claimed.")
        return found
    found = artefact.named(model, str(name))
    reach, stop = claimable(model.rest(found.depth), EMITTERS)
    if found.depth + reach < len(model.graph):
        raise Unsupported(
            f"file_name={name!r} holds {found.depth} of the {len(model.graph)} claimed modules, "
            f"and the next one does not run behind it: {stop}."
        )
    return found


def _graph(program: Program, chosen: Artefact | None) -> Any:
    """The program as an `openvino.Model`, behind the modules that a file holds if one was chosen.

    Raises:
        BadModel: OpenVINO cannot read the graph file.
    """
    from isomorph_openvino.compose import compose, extend

    if chosen is None:
        return compose(program)
    try:
        base = core().read_model(str(chosen.xml), str(chosen.weights))
    except RuntimeError as cause:
        raise BadModel(f"OpenVINO cannot read {chosen.xml}: {cause}") from cause
    return extend(base, chosen.outputs, program)


def _properties(device: Device, options: Options) -> Mapping[str, Any]:
    """What to compile with. The precision is always said, or OpenVINO takes bfloat16 where it can.

    Raises:
        Unsupported: a precision that OpenVINO lacks.
    """
    precision = options.precision or "float32"
    if precision not in _PRECISIONS:
        known = ", ".join(_PRECISIONS)
        raise Unsupported(f"precision {precision!r} was asked for; OpenVINO has {known}.")
    properties: dict[str, Any] = {
        "INFERENCE_PRECISION_HINT": _PRECISIONS[precision],
        "NUM_STREAMS": options.lanes,
    }
    if device.kind == "cpu":
        properties["INFERENCE_NUM_THREADS"] = options.threads
        # Pinned threads of two lanes, or of two processes in one quota, land on the same cores.
        whole_machine = options.lanes == 1 and options.threads == os.cpu_count()
        properties["ENABLE_CPU_PINNING"] = whole_machine
    return {**properties, **dict(options.model_kwargs.get("ov_config") or {})}


def _effective(compiled: Any, device: Device, path: Path | None) -> Effective:
    """What the compiled model says of itself; GPUs have no CPU threads to speak of."""
    execution = [str(name) for name in compiled.get_property("EXECUTION_DEVICES")]
    ov_type = compiled.get_property("INFERENCE_PRECISION_HINT").get_type_name()
    precision = next((name for name, short in _PRECISIONS.items() if short == ov_type), ov_type)
    threads = compiled.get_property("INFERENCE_NUM_THREADS") if device.kind == "cpu" else 0
    on = from_openvino(execution[0]) if len(execution) == 1 else None
    return Effective(
        device=on or Device(",".join(execution).lower()),
        engine=f"openvino {engine().get_version()}",
        provider=",".join(execution),
        precision=str(precision),
        threads=int(threads),
        lanes=int(compiled.get_property("NUM_STREAMS")),
        artefact=path,
    )
