"""A server on a port of its own in this process, with the models that tests put there."""

import os
import sys
import threading
import time
import warnings
from pathlib import Path

import pytest
import uvicorn

from isomorph import load_model
from isomorph.errors import PoolingGuessed
from isomorph_server.app import build
from isomorph_server.limits import Limits
from isomorph_server.shelf import Named, Served, Shelf

sys.path.append(str(Path(__file__).parent))

from remote_others import Other

KEY = "of-the-tests"
LIMITS = Limits(body=16 << 20)


class House:
    """A server with a shelf to which models are added while it runs."""

    def __init__(self):
        self.shelf = Shelf([], LIMITS)
        self.app = build(self.shelf, LIMITS, keys=[KEY])
        config = uvicorn.Config(self.app, port=0, log_config=None, access_log=False, ws="none")
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run, daemon=True)

    def begin(self):
        self.thread.start()
        while not self.server.started:
            assert self.thread.is_alive()
            time.sleep(0.01)
        (socket,) = self.server.servers[0].sockets
        self.url = f"http://127.0.0.1:{socket.getsockname()[1]}"

    def add(self, folder, name=None, **kwargs):
        name = name or str(folder)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", PoolingGuessed)  # tiny models may be encoders alone
            model = load_model(folder, backend="reference", **kwargs)
        self.shelf.served[name] = Served(Named(name, str(folder)), model)

    def end(self):
        self.server.should_exit = True
        self.thread.join(60)
        for served in self.shelf.served.values():
            served.model.close()


@pytest.fixture(scope="session")
def house():
    """The server; its address and its key stand in the environment."""
    made = House()
    made.begin()
    before = dict(os.environ)
    os.environ |= {"ISOMORPH_REMOTE": made.url, "ISOMORPH_REMOTE_KEY": KEY}
    yield made
    os.environ.clear()
    os.environ.update(before)
    made.end()


@pytest.fixture
def other():
    made = []

    def begin(language):
        made.append(Other(language))
        return made[-1]

    yield begin
    for each in made:
        each.end()
