"""The clusters of the tests themselves begin again where a node did not start, and leave nothing behind."""

import pytest
import ray
from ray.cluster_utils import Cluster
from ray_clusters import TRIES, begun, children


@pytest.fixture
def slow(monkeypatch):
    """Nodes that give up as those of Ray do on a busy machine, after their processes have begun."""
    add, calls = Cluster.add_node, []

    def begin(failing):
        def add_node(self, **kwargs):
            calls.append(kwargs)
            found = add(self, **kwargs)
            if len(calls) in failing:
                raise Exception("The current node timed out during startup.")
            return found

        monkeypatch.setattr(Cluster, "add_node", add_node)
        return calls

    return begin


def test_a_cluster_begins_again(slow):
    before, calls = children(), slow({1, 3})
    with begun(1) as (_, nodes):
        assert len(nodes) == 1
        assert len([each for each in ray.nodes() if each["Alive"]]) == 2
    assert len(calls) == 1 + 2 + 2
    assert children() <= before


def test_a_cluster_that_never_begins_is_told(slow):
    before, calls = children(), slow(range(100))
    with pytest.raises(Exception, match="timed out during startup"), begun(1):
        pass
    assert len(calls) == TRIES
    assert children() <= before


def test_a_failure_inside_begins_nothing_anew(slow):
    before, calls = children(), slow(())
    with pytest.raises(LookupError, match="own"), begun(1):
        raise LookupError("own")
    assert len(calls) == 2
    assert children() <= before
