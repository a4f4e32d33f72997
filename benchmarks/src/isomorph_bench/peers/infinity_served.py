# /// script
# requires-python = ">=3.11,<3.13"
# dependencies = ["torch", "infinity-emb[all]==0.0.78"]
#
# [tool.race]
# without = ["torchvision", "timm", "colpali-engine"]
# tasks = ["serving"]
# ///
"""infinity's own server: ``python infinity_served.py MODEL``. What its command does, on a port that is free.

float32 on the CPU; its default there would be another precision where the processor has one. torchvision
is left out: the one on the registry wants another build of torch, and images are not asked for.
"""

import socket
import sys

import uvicorn
import uvloop
from infinity_emb import EngineArgs
from infinity_emb.infinity_server import create_server

NAME = "model"
"""What clients call the model."""


def main() -> None:
    """Serves ``/v1/embeddings``."""
    uvloop.install()
    settings = EngineArgs(
        model_name_or_path=sys.argv[1],
        served_model_name=NAME,
        engine="torch",
        device="cpu",
        dtype="float32",
        bettertransformer=False,
    )
    app = create_server(engine_args_list=[settings], url_prefix="/v1")
    config = uvicorn.Config(app, log_level="error", http="httptools", loop="uvloop")
    with socket.create_server(("127.0.0.1", 0)) as door:
        sys.stderr.write(f"listening on http://127.0.0.1:{door.getsockname()[1]}\n")
        sys.stderr.flush()
        uvicorn.Server(config).run(sockets=[door])


if __name__ == "__main__":
    main()
