"""An application asked in this process, without a port: what a server would call it with."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from pathlib import Path

PARITY = Path(__file__).parents[3] / "tests" / "parity"
PLACES = {
    "vectors": PARITY / "models" / "prompts-default",
    "scores": PARITY / "cross_encoders" / "models" / "bert-typed",
    "weights": PARITY / "sparse" / "models" / "splade-max",
    "tokens": PARITY / "multi_vector" / "models" / "lengths",
}


class Answer:
    """What came back."""

    def __init__(self, messages):
        self.status = messages[0]["status"]
        self.headers = {k.decode(): v.decode() for k, v in messages[0]["headers"]}
        self.body = b"".join(message.get("body", b"") for message in messages[1:])

    @property
    def json(self):
        return json.loads(self.body)


class Client:
    """Asks an application that has begun."""

    def __init__(self, app):
        self._app = app

    async def ask(self, method, path, body=None, *, headers=(), parts=None, left=None):
        """An answer. `parts` are the bytes of a body in pieces, None for one that never comes.

        `left`, an event, says when the client goes away.
        """
        if parts is None:
            whole = body if isinstance(body, bytes | None) else json.dumps(body).encode()
            parts = [whole or b""]
        waiting = [
            {"type": "http.request", "body": part, "more_body": number + 1 < len(parts)}
            for number, part in enumerate(parts)
            if part is not None
        ]
        messages = []

        async def receive():
            if waiting:
                return waiting.pop(0)
            await (left or asyncio.Event()).wait()
            return {"type": "http.disconnect"}

        async def send(message):
            messages.append(message)

        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "root_path": "",
            "query_string": b"",
            "headers": [(name.encode(), value.encode()) for name, value in headers],
            "server": ("here", 80),
            "client": ("there", 1),
        }
        await self._app(scope, receive, send)
        return Answer(messages) if messages else None

    async def post(self, path, body, **more):
        return await self.ask("POST", path, body, **more)

    async def get(self, path, **more):
        return await self.ask("GET", path, **more)


@asynccontextmanager
async def begun(app):
    """A client of an application between its start and its end."""
    async with app.router.lifespan_context(app):
        yield Client(app)


def talk(app, conversation):
    """What a coroutine function of a client returns, from the start of the application to its end."""

    async def main():
        async with begun(app) as client:
            return await conversation(client)

    return asyncio.run(main())
