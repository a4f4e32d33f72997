"""A small Hub on 127.0.0.1 for tests: model info, trees and files, with faults on request.

with HubServer() as hub:
    hub.add("org/name", {"config.json": b"{}"})
    snapshot_download("org/name", endpoint=hub.url, ...)
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

LARGE = (".safetensors", ".bin")
"""Kept as large files, which the Hub serves from another place by a redirect."""


@dataclass
class Repo:
    """A model: files by commit, and what its branches and tags mean."""

    commits: dict[str, dict[str, bytes]] = field(default_factory=dict)
    refs: dict[str, str] = field(default_factory=dict)
    token: str | None = None
    gated: bool = False

    def commit(self, revision: str) -> str | None:
        return revision if revision in self.commits else self.refs.get(revision)


@dataclass
class Fault:
    """What goes wrong with the next `times` requests that fit: a status, or a cut after bytes.

    A cut closes the connection, or with `hold` keeps it open and silent.
    """

    method: str
    path: re.Pattern[str]
    status: int | None = None
    cut: Fault | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    times: int = 1
    hold: bool = False


class HubServer:
    """The server, its models, its faults, and the list of requests that it got."""

    handler: type[BaseHTTPRequestHandler]

    def __init__(self) -> None:
        self.repos: dict[str, Repo] = {}
        self.faults: list[Fault] = []
        self.requests: list[tuple[str, str]] = []
        self.sent = 0  # bytes of all bodies
        self.lock = threading.Lock()
        self.whole = False  # sends whole files, whatever range is asked for
        self.held, self.released = threading.Event(), threading.Event()
        handler = type("Handler", (self.handler,), {"hub": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.daemon = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self.files_url = self.url.replace("127.0.0.1", "localhost")  # another host, as on the Hub

    def __enter__(self) -> HubServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.released.set()
        self._server.shutdown()
        self._thread.join(5)
        self._server.server_close()

    def add(self, repo_id: str, files: Mapping[str, bytes], revision: str = "main") -> str:
        """Commits `files` as the new state of a branch; returns the commit."""
        repo = self.repos.setdefault(repo_id, Repo())
        listed = json.dumps([[n, hashlib.sha1(c).hexdigest()] for n, c in sorted(files.items())])
        commit = hashlib.sha1(f"{repo_id} {revision} {listed}".encode()).hexdigest()
        repo.commits[commit] = dict(files)
        repo.refs[revision] = commit
        return commit

    def fail(
        self, path: str, status: int, method: str = "", times: int = 1, **headers: str
    ) -> None:
        """Answers requests whose path fits with a status."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.faults.append(Fault(method, re.compile(path), status, None, named, times))

    def cut(self, path: str, after: int, times: int = 1) -> None:
        """Drops the connection of downloads whose path fits after some bytes of the body."""
        self.faults.append(Fault("GET", re.compile(path), None, after, {}, times))

    def hold(self, path: str, after: int) -> None:
        """Falls silent in the next download whose path fits; sets `held` then."""
        self.faults.append(Fault("GET", re.compile(path), None, after, hold=True))

    def fault(self, method: str, path: str) -> Fault | None:
        """The fault to act out for this request, if any."""
        with self.lock:
            self.requests.append((method, path))
            for fault in self.faults:
                if fault.times and fault.method in {"", method} and fault.path.search(path):
                    fault.times -= 1
                    return fault
        return None


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 30
    disable_nagle_algorithm = True  # or a body waits 40 ms for the receipt of its head
    hub: HubServer

    def log_message(self, *_: Any) -> None:
        """Nothing: the server keeps its own list."""

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def _answer(self) -> None:
        path = unquote(urlsplit(self.path).path)
        fault = self.hub.fault(self.command, path)
        if fault is not None and fault.status is not None:
            self._send(fault.status, b"", fault.headers)
            return
        if match := re.fullmatch(r"/api/models/(.+?)/tree/([^/]+)/?", path):
            self._api(match[1], match[2], self._tree)
        elif match := re.fullmatch(r"/api/models/(.+?)/revision/(.+)", path):
            self._api(match[1], match[2], self._info)
        elif match := re.fullmatch(r"/api/models/([^/]+(?:/[^/]+)?)", path):
            self._api(match[1], "main", self._info)
        elif match := re.fullmatch(r"/cdn/(.+?)/([0-9a-f]{40})/(.+)", path):
            self._body(self.hub.repos[match[1]].commits[match[2]][match[3]], {}, fault)
        elif match := re.fullmatch(r"/(.+?)/resolve/(refs/[^/]+/[^/]+|[^/]+)/(.+)", path):
            self._file(match[1], match[2], match[3], fault)
        else:
            self._send(404, b"", {"X-Error-Code": "RepoNotFound"})

    def _repo(self, repo_id: str, revision: str, files: bool) -> tuple[Repo, str] | None:
        """The model and the commit, or an answer that says why not."""
        repo = self.hub.repos.get(repo_id)
        given = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
        allowed = repo is None or repo.token is None or given == repo.token
        if repo is None or (not allowed and not repo.gated):
            self._send(401, b"", {"X-Error-Code": "RepoNotFound"})
        elif not allowed and files:
            self._send(403 if given else 401, b"", {"X-Error-Code": "GatedRepo"})
        elif (commit := repo.commit(revision)) is None:
            self._send(404, b"", {"X-Error-Code": "RevisionNotFound"})
        else:
            return repo, commit
        return None

    def _api(self, repo_id: str, revision: str, answer: Any) -> None:
        if found := self._repo(repo_id, revision, files=False):
            content = answer(repo_id, *found)
            self._send(200, json.dumps(content).encode(), {"Content-Type": "application/json"})

    @staticmethod
    def _info(repo_id: str, repo: Repo, commit: str) -> dict[str, Any]:
        siblings = [{"rfilename": name} for name in repo.commits[commit]]
        return {"id": repo_id, "sha": commit, "siblings": siblings, "tags": [], "private": False}

    @staticmethod
    def _tree(_: str, repo: Repo, commit: str) -> list[dict[str, Any]]:
        entries = []
        for name, content in repo.commits[commit].items():
            oid = hashlib.sha1(content).hexdigest()
            entry = {"type": "file", "path": name, "size": len(content), "oid": oid}
            if name.endswith(LARGE):
                digest = hashlib.sha256(content).hexdigest()
                entry["lfs"] = {"oid": digest, "size": len(content), "pointerSize": 134}
            entries.append(entry)
        return entries

    def _file(self, repo_id: str, revision: str, name: str, cut: Fault | None) -> None:
        found = self._repo(repo_id, revision, files=True)
        if found is None:
            return
        repo, commit = found
        content = repo.commits[commit].get(name)
        if content is None:
            self._send(404, b"", {"X-Error-Code": "EntryNotFound", "X-Repo-Commit": commit})
        elif name.endswith(LARGE):
            linked = {
                "X-Repo-Commit": commit,
                "X-Linked-Etag": f'"{hashlib.sha256(content).hexdigest()}"',
                "X-Linked-Size": str(len(content)),
                "Location": f"{self.hub.files_url}/cdn/{repo_id}/{commit}/{name}",
            }
            self._send(302, b"", linked)
        else:
            etag = f'"{hashlib.sha1(content).hexdigest()}"'
            self._body(content, {"X-Repo-Commit": commit, "ETag": etag}, cut)

    def _body(self, content: bytes, headers: Mapping[str, str], cut: Fault | None) -> None:
        """A file, from where the client wants it; a cut one ends early with a closed connection."""
        status, extra = 200, {"Accept-Ranges": "bytes"}
        ranged = "" if self.hub.whole else self.headers.get("Range") or ""
        if match := re.fullmatch(r"bytes=(\d+)-(\d*)", ranged):
            start, size = int(match[1]), len(content)
            end = min(size, int(match[2]) + 1) if match[2] else size
            status, content = 206, content[start:end]
            extra["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
        self._send(status, content, {**headers, **extra}, cut)

    def _send(
        self, status: int, body: bytes, headers: Mapping[str, str], cut: Fault | None = None
    ) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            part = body if cut is None else body[: cut.cut]
            self.hub.sent += len(part)
            self.wfile.write(part)
        if cut is not None:
            self.close_connection = True
            if cut.hold:
                self.wfile.flush()
                self.hub.held.set()
                self.hub.released.wait(120)


HubServer.handler = Handler
