"""Signals end a server whose models load, or whose requests take long, as they end any process."""

import os
import re
import signal
import subprocess
import sys
import urllib.request
from contextlib import suppress
from threading import Thread

import pytest
from server_asgi import PLACES

LONG = 60
SLOW = """
import sys, time, typer
from isomorph_server.command import serve
from isomorph_server.models import Served

def wait(served):
    sys.stderr.write("at work\\n")
    sys.stderr.flush()
    time.sleep(600)

Served.try_out = wait
typer.run(serve)
"""
pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")


class Slow:
    """A server whose models take ten minutes to load."""

    def __init__(self, *more):
        self.process = subprocess.Popen(
            [sys.executable, "-c", SLOW, f"m={PLACES['vectors']}", "--port", "0", *more],
            stderr=subprocess.PIPE,
            text=True,
        )

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.process.kill()
        self.process.communicate()

    def until(self, words):
        """The line of stderr in which these words are."""
        for line in self.process.stderr:
            if words in line:
                return line
        raise AssertionError(words)

    def end(self, sig):
        """Sends a signal; how the process ended, and what else it said."""
        self.process.send_signal(sig)
        said = self.process.communicate(timeout=LONG)[1]
        return self.process.returncode, said


@pytest.mark.parametrize("sig", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_a_server_whose_models_load(sig):
    with Slow() as server:
        server.until("at work")
        code, said = server.end(sig)
    assert code == -sig
    assert said == f"ended by {sig.name} before its models were ready\n"


def test_a_second_interrupt_ends_a_server_whose_requests_wait():
    with Slow("--on-demand") as server:
        address = re.search(r"http://\S+", server.until("listening"))[0]
        body = b'{"inputs": "a"}'
        asked = Thread(target=_ask, args=(f"{address}/embed", body), daemon=True)
        asked.start()
        server.until("at work")
        server.process.send_signal(signal.SIGINT)
        with pytest.raises(subprocess.TimeoutExpired):
            server.process.wait(timeout=1)  # the request is waited for
        code, said = server.end(signal.SIGINT)
        asked.join(LONG)
    assert code == -signal.SIGINT
    assert "ended by SIGINT without waiting for requests" in said


@pytest.mark.parametrize("sig", [signal.SIGTERM, signal.SIGINT])
def test_a_load_that_nobody_waits_for_holds_up_no_end(sig):
    with Slow("--on-demand", "--timeout", "0.5") as server:
        address = re.search(r"http://\S+", server.until("listening"))[0]
        _ask(f"{address}/embed", b'{"inputs": "a"}')  # 503, and the load goes on
        assert server.end(sig)[0] == -sig


def _ask(address, body):
    with suppress(OSError):  # the connection ends with the server
        urllib.request.urlopen(address, body, timeout=LONG)
