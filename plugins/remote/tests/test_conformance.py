"""The kit of isomorph on a server in this process: every law about every tiny model that is served."""

from contextlib import suppress

import pytest

from isomorph.errors import Unsupported
from isomorph.testing.suite import BackendTests

HOUSES = []
"""The server, which `served` puts models into."""


def served(folder):
    """Puts a tiny model on the server; sounds and messages have no routes there."""
    with suppress(Unsupported):
        HOUSES[0].add(folder)


class TestRemote(BackendTests):
    prepare = staticmethod(served)

    @pytest.fixture
    def backend_name(self, house):
        HOUSES[:] = [house]
        return "remote"
