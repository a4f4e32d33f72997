"""Where the time of forwards goes: the share of each kind of operator, as the engine's own profiler has it.

    python -m isomorph_bench.probes.operations [--model M] [--backends onnx,openvino] [--workload mixed]

Profilers take time of their own, with small operators more than these: what is left over is theirs, and
the engine's between operators.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from importlib import import_module
from pathlib import Path
from threading import Lock
from typing import Any

from isomorph import SentenceTransformer
from isomorph_bench.probes import options
from isomorph_bench.workloads.sources import Sources
from isomorph_bench.workloads.suites import DEFAULT
from isomorph_bench.workloads.workload import Workload

LEAST = 0.001
"""Operators with less of the time are one line together."""


@dataclass(slots=True)
class Profile:
    """Seconds and calls of operators by name, and those of whole forwards."""

    seconds: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    calls: Counter[str] = field(default_factory=Counter)
    forwards: int = 0
    total: float = 0.0

    def add(self, operator: str, seconds: float) -> None:
        """One more call of an operator."""
        self.seconds[operator] += seconds
        self.calls[operator] += 1

    def lines(self) -> Iterator[str]:
        """One for each operator, those with most of the time first, and one for what is left."""
        rest = self.total
        for operator, seconds in sorted(self.seconds.items(), key=lambda item: -item[1]):
            if seconds < LEAST * self.total:
                break
            rest -= seconds
            each = self.calls[operator] / self.forwards
            yield f"{seconds / self.total:7.1%} {each:7.1f} a forward  {operator}"
        yield f"{rest / self.total:7.1%}                    small ones, and between them"


Runs = Callable[[Mapping[str, Any]], None]
"""Loads a model with these ``model_kwargs``, has it encode, and frees it."""


def onnx(run: Runs) -> Profile:
    """By ONNX Runtime's trace, whose events are in microseconds."""
    runtime = import_module("onnxruntime")
    profile = Profile()
    with tempfile.TemporaryDirectory() as folder, _made_to_trace(runtime, folder):
        run({})
        for file in Path(folder).glob("*.json"):
            for event in json.loads(file.read_text()):
                if event["name"] == "model_run":
                    profile.forwards += 1
                    profile.total += event["dur"] / 1e6
                elif event["name"].endswith("kernel_time"):
                    operator = event["args"]["op_name"]
                    if operator != "If":  # what is in it has events of its own
                        profile.add(operator, event["dur"] / 1e6)
    return profile


@contextmanager
def _made_to_trace(runtime: Any, folder: str) -> Iterator[None]:
    """Sessions write a trace when they are freed."""
    plain = runtime.SessionOptions

    class Tracing(plain):  # type: ignore[misc, valid-type]
        def __init__(self) -> None:
            super().__init__()
            self.enable_profiling = True
            self.profile_file_prefix = str(Path(folder) / "trace")

    runtime.SessionOptions = Tracing
    try:
        yield
    finally:
        runtime.SessionOptions = plain


def openvino(run: Runs) -> Profile:
    """By OpenVINO's counters of every request; operators that a kernel does not need have no time."""
    compiled = import_module("openvino").CompiledModel
    plain, profile, lock = compiled.create_infer_request, Profile(), Lock()

    class Counted:
        def __init__(self, request: Any) -> None:
            self._request = request

        def __getattr__(self, name: str) -> Any:
            return getattr(self._request, name)

        def infer(self) -> None:
            self._request.infer()
            with lock:
                profile.forwards += 1
                for each in self._request.profiling_info:
                    if each.real_time:
                        name = f"{each.node_type} ({each.exec_type})"
                        profile.add(name, each.real_time.total_seconds())
                profile.total += self._request.latency / 1000

    compiled.create_infer_request = lambda self: Counted(plain(self))
    try:
        run({"ov_config": {"PERF_COUNT": True}})
    finally:
        compiled.create_infer_request = plain
    return profile


PROFILERS: Mapping[str, Callable[[Runs], Profile]] = {"onnx": onnx, "openvino": openvino}


def encode(model: str, backend: str, workload: Workload, kwargs: Mapping[str, Any]) -> None:
    """All texts of a workload, as it has them: in one call or one call each."""
    with SentenceTransformer(model, backend=backend, model_kwargs=dict(kwargs)) as loaded:
        texts = Sources().take(workload.source, workload.count)
        for _ in range(workload.rounds):
            for some in [[text] for text in texts] if workload.kind == "calls" else [texts]:
                loaded.encode(some, on_long="report")


def main(arguments: Sequence[str] | None = None) -> None:
    parser = options.parser("isomorph_bench.probes.operations", __doc__, ",".join(PROFILERS))
    names = [one.name for one in DEFAULT if one.kind != "start"]
    parser.add_argument("--workload", choices=names, default="mixed")
    asked = parser.parse_args(arguments)
    workload = next(one for one in DEFAULT if one.name == asked.workload)
    for backend in asked.backends.split(","):
        profile = PROFILERS[backend](partial(encode, asked.model, backend, workload))
        sys.stdout.write(f"{backend}, {profile.total / profile.forwards * 1000:.2f} ms a forward\n")
        sys.stdout.writelines(f"{line}\n" for line in profile.lines())


if __name__ == "__main__":
    main()
