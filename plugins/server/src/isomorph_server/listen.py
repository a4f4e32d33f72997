"""The application on a port, with uvicorn."""

from __future__ import annotations

import os
import signal
import socket
import sys
from contextlib import suppress
from types import FrameType

import uvicorn
from starlette.types import ASGIApp

from isomorph_server.connections import bounded
from isomorph_server.limits import Limits

KEEP_ALIVE = 5
"""Seconds for which a connection may be silent between two requests."""


class Announced(uvicorn.Server):
    """A server that says on stderr where it listens, once it does and its models are ready."""

    def __init__(self, config: uvicorn.Config, address: str) -> None:
        super().__init__(config)
        self._address = address
        self._ended_by: int | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begins, and tells it."""
        await super().startup(sockets)
        if self.started and not self.should_exit:
            with suppress(
                OSError
            ):  # a full disk takes no lines, and clients are answered all the same
                sys.stderr.write(f"listening on {self._address}\n")
                sys.stderr.flush()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Ends the server: after its requests, but at once where it has none yet, or at a second SIGINT.

        A thread that loads a model, or computes, can be waited for and not stopped.
        """
        if not self.started:
            _end(sig, "before its models were ready")
        if self.should_exit and sig == signal.SIGINT:
            _end(sig, "without waiting for requests")
        self._ended_by = sig
        super().handle_exit(sig, frame)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Answers what was accepted. Then it waits for nothing, such as a load that nobody needs."""
        await super().shutdown(sockets)
        if self._ended_by is not None:
            _end(self._ended_by)


def _end(sig: int, how: str = "") -> None:
    """Ends the process as this signal ends one that does not handle it."""
    if how:
        with suppress(OSError):  # not sys.stderr, in which this thread may be writing
            os.write(2, f"ended by {signal.Signals(sig).name} {how}\n".encode())
    signal.signal(sig, signal.SIG_DFL)
    signal.raise_signal(sig)
    os._exit(128 + sig)  # the first process of a container outlives signals that it does not handle


def listen(app: ASGIApp, host: str, port: int, limits: Limits) -> None:
    """Serves until SIGINT or SIGTERM; requests that were accepted are answered first.

    While models load, and at a second SIGINT, it ends at once.

    The line ``listening on http://HOST:PORT`` on stderr says where, also for port 0.

    Raises:
        OSError: the port is taken, or the host is none of this machine; names both.
    """
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # nobody asks where a client is
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=int(limits.seconds) + 1,
        ws="none",
        http=bounded(limits.connections, limits.seconds),
    )
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as door:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            door.bind((host, port))
        except OSError as cause:
            raise OSError(
                cause.errno, f"Cannot listen on {host}, port {port}: {cause.strerror}."
            ) from cause
        name = f"[{host}]" if ":" in host else host
        Announced(config, f"http://{name}:{door.getsockname()[1]}").run(sockets=[door])
