"""Clusters of Ray on this machine, which may be busy: what does not start in time starts again."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from typing import Any

import ray
from ray.cluster_utils import Cluster
from ray_models import STORE

psutil = import_module("psutil")  # Ray's own, which it puts on the path
LONG = 600
"""Seconds for what has no bound of its own; Ray's are for machines with nothing else to do."""
TRIES = 5
"""How often a cluster may begin: a node of Ray gives up after 30 s, which nobody can change."""
PATIENCE = {
    "RAY_DISABLE_IMPORT_WARNING": "1",
    "RAY_gcs_server_port_wait_time_s": str(LONG),
    "RAY_health_check_timeout_ms": "60000",  # a node that was killed refuses at once
}


@contextmanager
def begun(workers: int = 3) -> Iterator[tuple[Any, list[Any]]]:
    """A cluster to which this process is connected, and its nodes with a CPU; the head has none for actors.

    Whatever was started has ended afterwards, of beginnings that failed too.
    """
    os.environ.update({name: os.environ.get(name, value) for name, value in PATIENCE.items()})
    for left in reversed(range(TRIES)):
        made, before = Cluster(), children()
        try:
            try:
                nodes = started(made, workers)
            except Exception:
                if not left:
                    raise
                continue
            yield made, nodes
            return
        finally:
            end(made, children() - before)


def started(made: Any, workers: int) -> list[Any]:
    """Starts the nodes of a cluster and connects this process.

    Raises:
        Exception: a node does not start in time.
    """
    made.add_node(num_cpus=0, object_store_memory=STORE, include_dashboard=False, wait=False)
    nodes = [added(made) for _ in range(workers)]
    made.wait_for_nodes(LONG)
    ray.init(address=made.address, log_to_driver=False)
    return nodes


def added(made: Any) -> Any:
    """One more node with a CPU."""
    node = made.add_node(num_cpus=1, object_store_memory=STORE, wait=False)
    made.wait_for_nodes(LONG)
    return node


def children() -> set[Any]:
    """All processes that this one has begun, and theirs."""
    return set(psutil.Process().children(recursive=True))


def end(made: Any, processes: set[Any]) -> None:
    """Ends a cluster, and those of its processes that do not end by themselves."""
    with suppress(Exception):
        ray.shutdown()
    with suppress(Exception):
        made.shutdown()
    _, alive = psutil.wait_procs(processes, timeout=10)
    for each in alive:
        with suppress(psutil.NoSuchProcess):
            each.kill()
    psutil.wait_procs(alive, timeout=LONG)
