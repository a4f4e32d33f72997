"""Records for tests, whose times are given and not measured."""

from __future__ import annotations

from isomorph_bench.records.row import Row
from isomorph_bench.records.run import Record, Run

MACHINE = {
    "cpu": "Fast One",
    "cpus": 2,
    "system": "System",
    "python": "3.11",
    "limits": {
        "sgemm_gflops": 100.0,
        "sgemm_lowest": 95.0,
        "read_gbytes": 20.0,
        "copy_gbytes": 12.5,
        "busy": False,
    },
}
WORKLOADS = {
    "start": {"kind": "start", "items": 1, "unit": "texts", "fingerprint": "a", "goals": [2.0]},
    "one": {
        "kind": "calls", "items": 2, "unit": "texts", "fingerprint": "b", "median": 12, "tokens": 24,
        "flops": 5e8, "weight_bytes": 42e6,
    },
    "mixed": {
        "kind": "pass", "items": 100, "unit": "texts", "fingerprint": "c", "median": 70, "tokens": 9000,
        "flops": 2e11, "weight_bytes": 42e6, "goals": [1.5, 1.35],
    },
}  # fmt: skip
SELF = {
    "engine": "engine 1", "device": "cpu", "native": 3, "modules": 3, "peak": 5e8, "tokens": 90,
    "padding": 10,
}  # fmt: skip


def row(contender, workload="mixed", *seconds, ours=False, **more):
    """A row whose rounds have one call each."""
    rounds = tuple((float(each),) for each in seconds)
    return Row(contender, workload, ours, report=more.pop("report", SELF), rounds=rounds, **more)


def record(*rows, workloads=WORKLOADS, machine=MACHINE, model="m"):
    """A record of these rows."""
    run = Run({"model": model}, {"name": model, "hash": "abc"}, machine, {"numpy": "2"}, workloads)
    return Record(run, rows)
