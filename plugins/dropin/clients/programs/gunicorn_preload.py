"""gunicorn: a model that is loaded and used before the server forks its two workers."""

# requires: gunicorn==27.0.1

import json
import os
import signal
import socket
import tempfile
import threading
import time
from http.client import HTTPConnection
from pathlib import Path

from gunicorn.app.base import BaseApplication
from sentence_transformers import SentenceTransformer
from shared import DENSE, TEXTS, tell

model = SentenceTransformer(DENSE)
before = model.encode(TEXTS)[:, :8]


class Server(BaseApplication):
    """An application that answers each request with the vectors of the texts in it."""

    def __init__(self, path):
        self.path = path
        super().__init__()

    def load_config(self):
        """Two workers behind a socket with a path."""
        said = {"bind": f"unix:{self.path}", "workers": 2, "preload_app": True, "timeout": 300}
        for name, value in said.items():
            self.cfg.set(name, value)

    def load(self):
        """The application."""
        return answer


def answer(environ, start):
    """The vectors of the texts in the body of a request."""
    texts = json.loads(environ["wsgi.input"].read())
    start("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(model.encode(texts)[:, :8].tolist()).encode()]


def asked(path, texts):
    """What the server answers, once it listens."""
    for _ in range(600):
        connection = HTTPConnection("localhost", timeout=60)
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.settimeout(60)
        try:
            connection.sock.connect(str(path))
        except OSError:
            time.sleep(0.1)
            continue
        connection.request("POST", "/", json.dumps(texts))
        return json.loads(connection.getresponse().read())
    raise TimeoutError("the server does not listen")


def ask(path):
    """Asks four times, tells, and ends the server."""
    try:
        tell({"before": before, "after": [asked(path, TEXTS) for _ in range(4)]})
    finally:
        os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    socket_path = Path(tempfile.mkdtemp()) / "socket"
    threading.Thread(target=ask, args=[socket_path]).start()
    Server(socket_path).run()
