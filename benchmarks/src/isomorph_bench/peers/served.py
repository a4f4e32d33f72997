# /// script
# requires-python = ">=3.11"
# dependencies = [
#   "torch", "sentence-transformers==6.2.0",
#   "starlette==1.10.0", "uvicorn==0.54.0", "httptools==0.9.0", "uvloop==0.23.0",
# ]
#
# [tool.race]
# tasks = ["serving"]
# ///
"""sentence-transformers behind the framework that our server has: ``python served.py MODEL``.

The route calls ``encode`` in the framework's threads, as most such services do.
"""

import socket
import sys

import uvicorn
from sentence_transformers import SentenceTransformer
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route


def application(model: SentenceTransformer) -> Starlette:
    """``/v1/embeddings`` for one text."""

    async def embed(request: Request) -> JSONResponse:
        asked = await request.json()
        vector = await run_in_threadpool(model.encode, asked["input"], show_progress_bar=False)
        data = [{"object": "embedding", "index": 0, "embedding": vector.tolist()}]
        return JSONResponse({"object": "list", "data": data, "model": asked["model"]})

    return Starlette(routes=[Route("/v1/embeddings", embed, methods=["POST"])])


def main() -> None:
    """Loads the model, has it make a vector, and serves on a free port."""
    model = SentenceTransformer(sys.argv[1], device="cpu")
    model.encode("ready")
    config = uvicorn.Config(application(model), log_config=None, access_log=False)
    with socket.create_server(("127.0.0.1", 0)) as door:
        sys.stderr.write(f"listening on http://127.0.0.1:{door.getsockname()[1]}\n")
        sys.stderr.flush()
        uvicorn.Server(config).run(sockets=[door])


if __name__ == "__main__":
    main()
