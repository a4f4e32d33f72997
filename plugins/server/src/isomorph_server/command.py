"""``isomorph serve``."""

from __future__ import annotations

import logging
import os
import sys
from typing import Annotated

import typer

Device = Annotated[
    str | None, typer.Option("--device", "-d", help="KIND or KIND:INDEX; default: the best.")
]
Keys = Annotated[
    list[str] | None,
    typer.Option(
        envvar="ISOMORPH_API_KEY",
        help="A key that clients must send (repeatable); default: none is asked for.",
    ),
]
Memory = Annotated[
    int | None,
    typer.Option(
        min=1,
        help="Megabytes of loaded weights; above it the model used longest ago unloads. Default: no bound.",
    ),
]
Idle = Annotated[
    float | None,
    typer.Option(
        min=0.1,
        max=1e7,
        help="Seconds without a request after which a model unloads; default: never.",
    ),
]
OnDemand = Annotated[
    bool,
    typer.Option(
        "--on-demand", help="Load each model at its first request; default: before the start."
    ),
]
TokenIds = Annotated[
    bool, typer.Option("--token-ids", help="Take token ids of the model's own tokenizer as inputs.")
]
Origins = Annotated[
    list[str] | None,
    typer.Option(
        "--cors-allow-origin",
        help="An origin whose web pages may ask (https://example.org), or * (repeatable); default: none.",
    ),
]


def serve(
    models: Annotated[list[str], typer.Argument(help="Folders or names, or NAME=FOLDER.", metavar="MODEL…")],
    host: Annotated[str, typer.Option(help="Where to listen.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 8080,
    backend: Annotated[str | None, typer.Option("--backend", "-b", help="Default: what runs most.")] = None,
    device: Device = None,
    api_key: Keys = None,
    max_body: Annotated[int, typer.Option(min=1, help="Most bytes of a request.")] = 2 << 20,
    max_inputs: Annotated[int, typer.Option(min=1, help="Most texts or pairs of a request.")] = 2048,
    max_concurrent: Annotated[int, typer.Option(min=1, help="Most requests at once; then 429.")] = 512,
    max_connections: Annotated[int, typer.Option(min=1, help="Most connections at once; then 503.")] = 768,
    timeout: Annotated[float, typer.Option(min=0.1, max=86400, help="Most seconds of a request.")] = 60.0,
    memory: Memory = None,
    idle: Idle = None,
    on_demand: OnDemand = False,
    truncate: Annotated[bool, typer.Option(help="Cut long texts where a request does not say.")] = False,
    token_ids: TokenIds = False,
    origins: Origins = None,
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
    app = build(shelf, limits, keys=api_key or (), on_demand=on_demand, origins=origins or ())
    listen(app, host, port, limits)
