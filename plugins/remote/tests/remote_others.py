"""A small server that stands for those of others."""

import base64
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np


class Other:
    """A server of somebody else: a text's vector is its length, its first byte, and 1."""

    def __init__(self, language):
        self.language, self.asked, self.rows, self.floats = language, [], 3, False
        self.answers = {}
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                self.answer(server.page(self.path))

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                server.asked.append((self.path, body, self.headers.get("authorization")))
                self.answer(server.answers.get(self.path) or server.vectors(self.path, body))

            def answer(self, found):
                status, content = found
                data = json.dumps(content).encode()
                self.send_response(status)
                self.send_header("content-length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *args):
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}"
        self.thread = threading.Thread(target=self.http.serve_forever)
        self.thread.start()

    def page(self, path):
        if (self.language, path) == ("tei", "/info"):
            return 200, {
                "model_id": "BAAI/bge",
                "model_dtype": "float16",
                "max_input_length": 512,
                "max_client_batch_size": self.rows,
                "version": "1.8.0",
            }
        if (self.language, path) == ("openai", "/v1/models"):
            return 200, {"data": [{"id": "small"}, {"id": "large"}]}
        return 404, {"error": "no such page"}

    def vectors(self, path, body):
        texts = body["inputs"] if path == "/embed" else body["input"]
        if any(len(each) > 50 for each in texts):
            return 413, {"error": "must have less than 512 tokens", "error_type": "Validation"}
        rows = [[float(len(each)), float(each.encode()[0]), 1.0] for each in texts]
        if path == "/embed":
            return 200, rows
        written = [
            row if self.floats else base64.b64encode(np.array(row, "<f4")).decode() for row in rows
        ]
        data = [{"index": i, "embedding": each} for i, each in enumerate(written)]
        return 200, {"data": data[::-1]}

    def end(self):
        self.http.shutdown()
        self.thread.join()
        self.http.server_close()
