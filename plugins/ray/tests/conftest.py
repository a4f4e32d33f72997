"""A cluster of three nodes with one CPU each, and little memory, in processes of this machine."""

import os
import sys
import warnings
from pathlib import Path

import pytest
import ray
from ray.cluster_utils import Cluster

sys.path.append(str(Path(__file__).parent))

from ray_models import STORE

with warnings.catch_warnings():
    warnings.simplefilter(
        "ignore", DeprecationWarning
    )  # of the libraries of Ray Serve and Ray Data
    import ray.data
    import ray.serve


@pytest.fixture
def cluster():
    """The cluster, to which this process is connected; its head has no CPU for actors."""
    os.environ.setdefault("RAY_DISABLE_IMPORT_WARNING", "1")
    made = Cluster()
    made.add_node(num_cpus=0, object_store_memory=STORE, include_dashboard=False)
    nodes = [made.add_node(num_cpus=1, object_store_memory=STORE) for _ in range(3)]
    made.wait_for_nodes()
    ray.init(address=made.address, log_to_driver=False)
    yield made, nodes
    ray.shutdown()
    made.shutdown()
