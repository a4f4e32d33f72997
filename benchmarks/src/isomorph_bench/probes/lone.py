"""What one request of one short text costs beside the model's own call, for a client who is alone.

    python -m isomorph_bench.probes.lone [--model MODEL] [--backend onnx] [--requests 300] [--calls]

The application is asked in this process, without a port, one request behind the other. Told is the time of
the processor on all threads in the median of some rounds, and how often a thread waited for another. Calls of
the model alone and requests take turns. `--calls` counts calls of functions of Python and C in the loop's
thread instead. An engine's own threads may wait by spinning: ISOMORPH_THREADS=1 leaves that out of both.
"""

from __future__ import annotations

import asyncio
import json
import resource
import sys
from collections.abc import Awaitable, Callable, Sequence
from statistics import median
from time import process_time
from typing import Any

from isomorph_bench.probes.options import folder_of, parser

ROUNDS = 9


def application(model: str, backend: str) -> tuple[Any, Any]:
    """The server's application with one model, and that model."""
    from isomorph_server.app import build
    from isomorph_server.limits import Limits
    from isomorph_server.shelf import Named, Shelf

    shelf = Shelf([Named("m", model)], Limits(), backend=backend)
    return build(shelf, Limits()), shelf.served["m"].model


async def posted(app: Any, text: str) -> bytes:
    """The body of the answer for one text."""
    body = json.dumps({"input": text, "model": "m"}).encode()
    waiting = [{"type": "http.request", "body": body, "more_body": False}]
    answer: list[Any] = []

    async def receive() -> Any:
        if waiting:
            return waiting.pop()
        return await asyncio.Event().wait()

    async def send(message: Any) -> None:
        answer.append(message)

    head = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    scope = {"type": "http", "http_version": "1.1", "method": "POST", "path": "/v1/embeddings"}
    await app({**scope, "headers": head, "query_string": b"", "root_path": ""}, receive, send)
    if answer[0]["status"] != 200:
        raise SystemExit(f"The server answered {answer[0]['status']}.")
    return b"".join(each.get("body", b"") for each in answer[1:])


async def told(app: Any, model: Any, texts: Sequence[str]) -> dict[str, list[float]]:
    """Milliseconds of the processor for each text, round by round."""
    found: dict[str, list[float]] = {"call": [], "request": [], "waits": []}

    async def call(text: str) -> None:
        model.encode(text, show_progress_bar=False)

    async def request(text: str) -> None:
        await posted(app, text)

    ways: dict[str, Callable[[str], Awaitable[None]]] = {"call": call, "request": request}
    async with app.router.lifespan_context(app):
        for _ in range(ROUNDS):
            for name, way in ways.items():
                began, waited = process_time(), _waits()
                for text in texts:
                    await way(text)
                found[name].append((process_time() - began) / len(texts) * 1e3)
            found["waits"].append((_waits() - waited) / len(texts))
    return found


def _waits() -> int:
    """How often threads of this process gave the processor away of themselves."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_nvcsw


async def calls(app: Any, model: Any, texts: Sequence[str]) -> dict[str, float]:
    """Calls of functions for each text, on the thread of the loop."""
    count = [0]

    def see(frame: Any, event: str, argument: Any) -> None:
        if event in ("call", "c_call"):
            count[0] += 1

    sys.setprofile(see)
    found = {}
    async with app.router.lifespan_context(app):
        await posted(app, texts[0])
        for name in ("call", "request"):
            count[0] = 0
            for text in texts:
                if name == "call":
                    model.encode(text, show_progress_bar=False)
                else:
                    await posted(app, text)
            found[name] = count[0] / len(texts)
    sys.setprofile(None)
    return found


def main(arguments: Sequence[str] | None = None) -> None:
    """Asks, and tells what it took."""
    options = parser("isomorph_bench.probes.lone", __doc__, backends="")
    options.add_argument("--backend", default="onnx")
    options.add_argument("--requests", type=int, default=300)
    options.add_argument("--calls", action="store_true")
    asked = options.parse_args(arguments)
    app, model = application(folder_of(asked.model), asked.backend)
    texts = [f"A small dog, {number}." for number in range(asked.requests)]
    if asked.calls:
        counts = asyncio.run(calls(app, model, texts))
        sys.stdout.write(
            f"a call {counts['call']:.0f} calls of functions, a request {counts['request']:.0f}\n"
        )
        return
    found = asyncio.run(told(app, model, texts))
    call, request = median(found["call"]), median(found["request"])
    sys.stdout.write(
        f"a call {call:.3f} ms of the processor, a request {request:.3f} ms, beside the call "
        f"{request - call:.3f} ms; a request waits {median(found['waits']):.1f} times\n"
    )


if __name__ == "__main__":
    main()
