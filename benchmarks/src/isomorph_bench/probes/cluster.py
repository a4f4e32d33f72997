"""Texts through Ray Data on a local cluster of three nodes, beside the same CPUs without Ray.

    python -m isomorph_bench.probes.cluster [--model MODEL] [--backend onnx] [--texts 100000] [--cpus 2]

The head has a CPU for what Ray does itself and none for actors; the two other nodes share the CPUs. The model
without Ray takes half of the texts before the cluster is there and half after it, in processes of its own,
with as many threads as there are CPUs. Two figures are told: all seconds, with the start of actors and models
on both sides, and the rate from the first rows that came to the last. Vectors of both are compared.
"""

from __future__ import annotations

import json
import subprocess
import sys
import warnings
from collections.abc import Sequence
from time import perf_counter
from typing import Any

import numpy as np

from isomorph_bench.probes.options import folder_of, parser
from isomorph_bench.race import launch
from isomorph_bench.workloads.texts import short_texts

BATCH = 1024
"""Rows that come out at once."""
STORE = 200_000_000
"""Bytes of each node's store of objects."""
COMPARED = 256
TEXTS = "texts"
"""What actors ask for beside a CPU; the head has none of it."""


def plain(model: str, backend: str, start: int, stop: int, threads: int) -> None:
    """Prints the seconds with and without the load of the model, and the first vectors, as JSON."""
    import os

    os.environ["ISOMORPH_THREADS"] = str(threads)
    began = perf_counter()
    from isomorph import load_model

    texts = distinct(start, stop)
    loaded = load_model(model, backend=backend)
    loaded.encode(texts[:8])
    ready = perf_counter()
    found = loaded.encode(texts, show_progress_bar=False)
    end = perf_counter()
    said = {"whole": end - began, "rate": len(texts) / (end - ready)}
    sys.stdout.write(json.dumps({**said, "vectors": found[:COMPARED].tolist()}) + "\n")


def distinct(start: int, stop: int) -> list[str]:
    """Short texts, no two of which are equal."""
    few = short_texts(512)
    return [f"{few[number % len(few)]} {number}" for number in range(start, stop)]


def alone(*arguments: Any) -> dict[str, Any]:
    """What `plain` prints in a process of its own."""
    names = ("model", "backend", "start", "stop", "threads")
    program = launch.call("probes.cluster", "plain")
    done = subprocess.run(
        [*program, json.dumps(dict(zip(names, arguments, strict=True)))],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def clustered(model: str, backend: str, count: int, cpus: int) -> dict[str, Any]:
    """As `plain`, of all texts on a cluster that begins and ends here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of Ray's own libraries
        import ray
        import ray.data
        from ray.cluster_utils import Cluster

        from isomorph_ray import embed

    made = Cluster()
    try:
        made.add_node(num_cpus=1, object_store_memory=STORE, include_dashboard=False)
        for share in (cpus - cpus // 2, cpus // 2):
            room = {TEXTS: share}
            made.add_node(num_cpus=share, object_store_memory=STORE, resources=room)
        made.wait_for_nodes()
        ray.init(address=made.address, log_to_driver=False)
        texts = ray.data.from_items([{"text": each} for each in distinct(0, count)])
        began = perf_counter()
        stream = embed(
            texts,
            model,
            concurrency=cpus,
            num_cpus=1,
            resources={TEXTS: 1},
            model_arguments={"backend": backend},
        )
        sizes, times, first = [], [], None
        for batch in stream.iter_batches(batch_size=BATCH, batch_format="numpy"):
            first = first or list(batch["embedding"][:COMPARED])
            sizes.append(len(batch["embedding"]))
            times.append(perf_counter())
    finally:
        ray.shutdown()
        made.shutdown()
    if sum(sizes) != count:
        raise SystemExit(f"{sum(sizes)} rows came of {count}.")
    rate = sum(sizes[1:]) / (times[-1] - times[0])
    return {"whole": times[-1] - began, "rate": rate, "vectors": np.stack(first or [])}


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs both, and tells how they stand."""
    options = parser("isomorph_bench.probes.cluster", __doc__, backends="")
    options.add_argument("--backend", default="onnx")
    options.add_argument("--texts", type=int, default=100_000)
    options.add_argument("--cpus", type=int, default=2)
    asked = options.parse_args(arguments)
    model, half = folder_of(asked.model), asked.texts // 2
    before = alone(model, asked.backend, 0, half, asked.cpus)
    cluster = clustered(model, asked.backend, asked.texts, asked.cpus)
    after = alone(model, asked.backend, half, asked.texts, asked.cpus)
    apart = np.abs(np.array(before["vectors"]) - np.array(cluster["vectors"])).max()
    whole = before["whole"] + after["whole"]
    rate = 2 / (1 / before["rate"] + 1 / after["rate"])
    sys.stdout.write(
        f"without Ray: {whole:.1f} s, {rate:.0f} texts/s ({before['rate']:.0f}, {after['rate']:.0f})\n"
        f"with Ray:    {cluster['whole']:.1f} s, {cluster['rate']:.0f} texts/s from the first rows on\n"
        f"share: {whole / cluster['whole']:.2f} of all seconds, {cluster['rate'] / rate:.2f} of the rate\n"
        f"largest difference of the vectors: {apart:.1e}\n"
    )


if __name__ == "__main__":
    main()
