"""The application on a port, with uvicorn."""

from __future__ import annotations

import socket
import sys
from contextlib import suppress

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

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begins, and tells it."""
        await super().startup(sockets)
        if self.started:
            with suppress(
                OSError
            ):  # a full disk takes no lines, and clients are answered all the same
                sys.stderr.write(f"listening on {self._address}\n")
                sys.stderr.flush()


def listen(app: ASGIApp, host: str, port: int, limits: Limits) -> None:
    """Serves until SIGINT or SIGTERM; requests that were accepted are answered first.

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
