"""The part of the small Hub that takes models in: repositories, branches, large files, commits.

with UploadHub() as hub:
    HfApi(endpoint=hub.url).create_repo("org/name")
    hub.files("org/name")
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from hub_server import LARGE, Fault, Handler, HubServer, Repo

USER = "me"
"""Whose repositories those without an owner are."""


class UploadHandler(Handler, BaseHTTPRequestHandler):
    """Answers POST and PUT too."""

    hub: UploadHub

    def do_POST(self) -> None:
        self._take()

    def do_PUT(self) -> None:
        self._take()

    def _take(self) -> None:
        path = unquote(urlsplit(self.path).path)
        fault = self.hub.fault(self.command, path)
        body = self._read(fault)
        if body is None:
            self.close_connection = True  # in the middle of a request, without an answer
            return
        if fault is not None and fault.status is not None:
            self._send(fault.status, b"{}", fault.headers)
        elif not self.hub.admits(self.headers.get("Authorization")) and "/lfs/" not in path:
            self._send(401, b'{"error": "Unauthorized"}', {})
        else:
            self._dispatch(path, body)

    def _dispatch(self, path: str, body: bytes) -> None:
        if path == "/api/repos/create":
            self._create(json.loads(body))
        elif path == "/api/validate-yaml":
            self._validate(json.loads(body)["content"])
        elif match := re.fullmatch(r"/lfs/([0-9a-f]{64})", path):
            self._large(match[1], body)
        elif match := re.fullmatch(r"/(.+?)\.git/info/lfs/objects/batch", path):
            self._batch(json.loads(body)["objects"])
        elif match := re.fullmatch(r"/api/models/([^/]+/[^/]+)/branch/(.+)", path):
            self._branch(self.hub.repos.get(match[1]), match[2])
        elif match := re.fullmatch(r"/api/models/([^/]+/[^/]+)/preupload/(.+)", path):
            self._modes(self.hub.repos.get(match[1]), match[2], json.loads(body)["files"])
        elif match := re.fullmatch(r"/api/models/([^/]+/[^/]+)/commit/(.+)", path):
            self._commit(match[1], match[2], [json.loads(line) for line in body.splitlines()])
        else:
            self._send(404, b"{}", {"X-Error-Code": "RepoNotFound"})

    def _read(self, fault: Fault | None) -> bytes | None:
        """The body, or None where the connection shall break in it."""
        if fault is not None and fault.cut is not None:
            self.rfile.read(fault.cut)
            return None
        if length := self.headers.get("Content-Length"):
            return self.rfile.read(int(length))
        return b"".join(self._chunks())

    def _chunks(self) -> Iterator[bytes]:
        while size := int(self.rfile.readline() or b"0", 16):
            yield self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()

    def _json(self, content: Any, status: int = 200) -> None:
        self._send(status, json.dumps(content).encode(), {"Content-Type": "application/json"})

    def _create(self, asked: dict[str, Any]) -> None:
        owner = asked.get("organization") or USER
        repo_id, url = f"{owner}/{asked['name']}", f"{self.hub.url}/{owner}/{asked['name']}"
        if owner not in self.hub.owners:
            self._json({"error": "no such namespace"}, 404)
        elif repo_id in self.hub.repos:
            self._json({"error": "You already created this model repo", "url": url}, 409)
        else:
            self.hub.add(repo_id, {".gitattributes": b""})
            if asked.get("visibility") == "private" or asked.get("private"):
                self.hub.private.add(repo_id)
            self._json({"url": url})

    def _validate(self, content: str) -> None:
        """As the Hub: a header must be YAML; what it says is only looked at for the test's sake."""
        if "license: refused" in content:
            self._json({"errors": [{"message": '"license" must be one of those known'}]}, 400)
        else:
            self._json({"errors": [], "warnings": []})

    def _large(self, oid: str, body: bytes) -> None:
        if hashlib.sha256(body).hexdigest() != oid:
            self._send(400, b"", {})
        else:
            self.hub.large[oid] = body
            self._send(200, b"", {})

    def _batch(self, objects: list[dict[str, Any]]) -> None:
        answers = []
        for each in objects:
            upload = {"href": f"{self.hub.files_url}/lfs/{each['oid']}", "header": {}}
            known = each["oid"] in self.hub.large
            answers.append({**each, **({} if known else {"actions": {"upload": upload}})})
        self._json({"transfer": "basic", "objects": answers})

    def _branch(self, repo: Repo | None, name: str) -> None:
        if repo is None:
            self._send(404, b"{}", {"X-Error-Code": "RepoNotFound"})
        elif name in repo.refs:
            self._json({"error": "Reference already exists"}, 409)
        else:
            repo.refs[name] = repo.refs["main"]
            self._json({})

    def _modes(self, repo: Repo | None, revision: str, files: list[dict[str, Any]]) -> None:
        if repo is None or revision not in repo.refs:
            code = "RepoNotFound" if repo is None else "RevisionNotFound"
            self._send(404, b"{}", {"X-Error-Code": code})
            return
        modes = []
        for each in files:
            mode = "lfs" if each["path"].endswith(LARGE) else "regular"
            modes.append({"path": each["path"], "uploadMode": mode, "shouldIgnore": False})
        self._json({"files": modes})

    def _commit(self, repo_id: str, revision: str, lines: list[dict[str, Any]]) -> None:
        repo = self.hub.repos[repo_id]
        files = dict(repo.commits[repo.refs[revision]])
        for line in lines:
            value = line["value"]
            if line["key"] == "header":
                self.hub.messages.append((value["summary"], value["description"]))
            elif line["key"] == "lfsFile":
                files[value["path"]] = self.hub.large[value["oid"]]
            else:
                files[value["path"]] = base64.b64decode(value["content"])
        answer: dict[str, Any] = {"pullRequestUrl": None}
        if parse_qs(urlsplit(self.path).query).get("create_pr") == ["1"]:
            number = 1 + sum(name.startswith("refs/pr/") for name in repo.refs)
            revision = f"refs/pr/{number}"
            answer["pullRequestUrl"] = f"{self.hub.url}/{repo_id}/discussions/{number}"
        oid = self.hub.add(repo_id, files, revision)
        self._json(
            {**answer, "commitUrl": f"{self.hub.url}/{repo_id}/commit/{oid}", "commitOid": oid}
        )


class UploadHub(HubServer):
    """A Hub that takes models in, for those who know its `secret`, where it has one."""

    handler = UploadHandler

    def __init__(self) -> None:
        super().__init__()
        self.secret: str | None = None
        self.owners = {USER, "org"}
        self.private: set[str] = set()
        self.large: dict[str, bytes] = {}
        self.messages: list[tuple[str, str]] = []

    def admits(self, authorization: str | None) -> bool:
        return self.secret is None or authorization == f"Bearer {self.secret}"

    def files(self, repo_id: str, revision: str = "main") -> dict[str, bytes]:
        """What a repository holds, without what the Hub itself put there."""
        repo = self.repos[repo_id]
        held = repo.commits[repo.refs[revision]]
        return {name: content for name, content in held.items() if name != ".gitattributes"}

    def drop(self, path: str, after: int, times: int = 1) -> None:
        """Closes the connection of uploads whose path fits after some bytes of the body."""
        self.faults += [
            Fault(method, re.compile(path), cut=after, times=times) for method in ("POST", "PUT")
        ]
