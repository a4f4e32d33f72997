"""A cluster of three nodes with one CPU each, and little memory, in processes of this machine."""

import sys
import warnings
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent))

from ray_clusters import begun

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # of the libraries that these import
    import ray.data
    import ray.serve  # noqa: F401  # once, here


@pytest.fixture
def cluster():
    """The cluster, to which this process is connected; its head has no CPU for actors."""
    with begun() as found:
        yield found
