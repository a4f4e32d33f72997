"""``isomorph serve``."""

from __future__ import annotations

import logging
import os
import sys
from typing import Annotated

import typer


def serve(
    models: Annotated[list[str], typer.Argument(help="Folders or names, or NAME=FOLDER.", metavar="MODEL…")],
    host: Annotated[str, typer.Option(help="Where to listen.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 8080,
    backend: Annotated[str | None, typer.Option("--backend", "-b", help="As for 'isomorph explain'.")] = None,
    device: Annotated[str | None, typer.Option(help="As for 'isomorph explain'.")] = None,
    api_key: Annotated[list[str] | None, typer.Option(envvar="ISOMORPH_API_KEY", help="Of a client.")] = None,
    max_body: Annotated[int, typer.Option(min=1, help="Bytes of a request.")] = 2 << 20,
    max_inputs: Annotated[int, typer.Option(min=1, help="Texts or pairs of a request.")] = 2048,
    max_concurrent: Annotated[int, typer.Option(min=1, help="Requests at once; then 429.")] = 512,
    max_connections: Annotated[int, typer.Option(min=1, help="Open at once; then 503.")] = 768,
    timeout: Annotated[float, typer.Option(min=0.1, max=86400, help="Seconds for a request.")] = 60.0,
    memory: Annotated[int | None, typer.Option(min=1, help="Megabytes of loaded weights.")] = None,
    idle: Annotated[float | None, typer.Option(min=0.1, max=1e7, help="Seconds without a request.")] = None,
    on_demand: Annotated[bool, typer.Option("--on-demand", help="Load at the first request.")] = False,
    truncate: Annotated[bool, typer.Option(help="Cut long texts where a request does not say.")] = False,
    token_ids: Annotated[bool, typer.Option("--token-ids", help="Take ids of its tokenizer.")] = False,
) -> None:  # fmt: skip
    """Serve models over HTTP, in forwards that all requests share.

    Routes of OpenAI, text-embeddings-inference and Cohere; /openapi.json lists them.
    """
    from isomorph.errors import InputError
    from isomorph_server.app import build
    from isomorph_server.keys import VARIABLE
    from isomorph_server.limits import Limits
    from isomorph_server.listen import listen
    from isomorph_server.shelf import Named, Shelf

    if not api_key and VARIABLE in os.environ:
        raise InputError(
            f"{VARIABLE} is set and holds no key. Unset it to let everybody in, or set it to a key."
        )
    limits = Limits(
        body=max_body,
        inputs=max_inputs,
        concurrent=max_concurrent,
        connections=max_connections,
        seconds=timeout,
        memory=None if memory is None else memory << 20,
        idle=idle,
        truncate=truncate,
        token_ids=token_ids,
    )
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(message)s")
    shelf = Shelf([Named.of(each) for each in models], limits, backend=backend, device=device)
    listen(build(shelf, limits, keys=api_key or (), on_demand=on_demand), host, port, limits)
