"""Bytes that no honest client sends, on sockets: each has an answer, and the server goes on."""

from __future__ import annotations

import json
import os
import resource
import signal
import socket
import sys
from contextlib import suppress
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent))

from served import running

VECTORS = Path(__file__).parents[3] / "tests" / "parity" / "models" / "prompts-default"
BODY = 400_000
GOOD = b'{"inputs": "river"}'
CHUNKED = b"POST /embed HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n"
MUCH = [b"y" * 10_000] * 60
LINES = [b"x: " + each + b"\r\n" for each in MUCH]
SECONDS = 120


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    log = tmp_path_factory.mktemp("server") / "log"
    limits = ("--max-body", str(BODY), "--max-inputs", "64", "--timeout", "6")
    with running(f"vectors={VECTORS}", "--backend", "reference", *limits, log=log) as found:
        yield found


def request(path, body=b"", *headers, method="POST", length=None):
    """A request, as the last of its connection."""
    size = len(body) if length is None else length
    lines = (f"{method} {path} HTTP/1.1", "host: x", f"content-length: {size}", "connection: close")
    return "\r\n".join((*lines, *headers)).encode() + b"\r\n\r\n" + body


def answers(port, *parts):
    """All bytes that come back of such a conversation, until the server closes it."""
    with socket.create_connection(("127.0.0.1", port), timeout=SECONDS) as door:
        found = b""
        try:
            for part in parts:
                door.sendall(part)
        except OSError:
            pass  # it was refused, and says why
        try:
            while data := door.recv(1 << 16):
                found += data
        except ConnectionError:
            pass
    return found


def status(found):
    return int(found.split(None, 2)[1]) if found else 0


def said(found):
    return found.partition(b"\r\n\r\n")[2]


def wanted(**body):
    return request(
        "/v1/embeddings", json.dumps({"model": "vectors", "input": "a", **body}).encode()
    )


HEADS = {
    "more is announced than may be": (413, [request("/embed", length=10**12)]),
    "a length of 30 digits": (400, [request("/embed", length=10**30)]),
    "a length below zero": (400, [request("/embed", length=-5)]),
    "two lengths": (400, [request("/embed", GOOD, "content-length: 3")]),
    "a length and chunks": (400, [request("/embed", b"0\r\n\r\n", "transfer-encoding: chunked")]),
    "chunks without end": (413, [CHUNKED, *[b"2710\r\n" + each + b"\r\n" for each in MUCH]]),
    "a chunk's extension without end": (431, [CHUNKED + b"5;", *MUCH]),
    "trailers without end": (431, [CHUNKED + b"0\r\n", *LINES]),
    "a head without end": (431, [b"POST /embed HTTP/1.1\r\n", *LINES]),
    "one header without end": (431, [b"POST /embed HTTP/1.1\r\nx: ", *MUCH]),
    "a path without end": (431, [b"GET /", *MUCH]),
    "a line that is no header": (400, [b"POST /embed HTTP/1.1\r\nhost x\r\n\r\n"]),
    "lines without CR": (400, [b"GET /health HTTP/1.1\nhost: x\n\n"]),
    "a tunnel": (400, [b"CONNECT a:80 HTTP/1.1\r\nhost: x\r\n\r\n"]),
    "HTTP/2": (400, [b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"]),
    "TLS": (400, [bytes.fromhex("16030100a5010000a1")]),
    "two hosts": (200, [request("/embed", GOOD, "host: y")]),
    "two ids": (200, [request("/embed", GOOD, "x-request-id: a", "x-request-id: b")]),
    "HEAD of a page": (200, [request("/health", method="HEAD")]),
    "HEAD of a route": (405, [request("/embed", method="HEAD")]),
    "OPTIONS": (405, [request("/embed", method="OPTIONS")]),
    "GET of a route": (405, [request("/embed", method="GET")]),
    "a slash more": (404, [request("/embed/", GOOD)]),
    "another server's address": (200, [request("http://other/embed", GOOD)]),
}
BODIES = {
    "deep lists": b"[" * 50_000,
    "deep objects": b'{"a":' * 20_000,
    "no UTF-8": b'{"inputs": "\xff\xfe"}',
    "UTF-16": '{"inputs": "a"}'.encode("utf-16"),
    "a mark in front": b'\xef\xbb\xbf{"inputs": "a"}',
    "a raw NUL": b'{"inputs": "a\x00b"}',
    "half a pair": b'{"inputs": "a\\ud800b"}',
    "NaN": b'{"inputs": "a", "dimensions": NaN}',
    "gzip": b"\x1f\x8b\x08",
    "a form": b"inputs=a",
    "nothing": b"",
    "a field twice, the last one wrong": b'{"inputs": "a", "inputs": 5}',
    "truncate as a text": b'{"inputs": "a", "truncate": "yes"}',
}
FIELDS = {
    "dimensions": (0, -1, 10**6, 2**64, "3", True, 2.0, [], {}),
    "input": ([], [[]], [1], [-1], [True], [1.5], [[1], [2]], [[True]], ["a", [1]], {}, 1, [None]),
    "encoding_format": ("hex", [], 1, True),
    "user": (1,),
}
NAMES = (
    "../vectors",
    "/etc/passwd",
    "vectors/..",
    "",
    "VECTORS",
    "vectors\0",
    "a" * 999,
    str(VECTORS),
)


@pytest.mark.parametrize("what", HEADS)
def test_heads_and_ways_to_send(server, what):
    expected, parts = HEADS[what]
    assert status(answers(server.port, *parts)) == expected


@pytest.mark.parametrize("what", BODIES)
def test_bodies(server, what):
    assert status(answers(server.port, request("/embed", BODIES[what]))) == 422


@pytest.mark.parametrize("field", FIELDS)
def test_fields(server, field):
    for value in FIELDS[field]:
        found = answers(server.port, wanted(**{field: value}))
        assert status(found) == 400, value
        assert json.loads(said(found))["error"]["message"]


def test_more_inputs_than_may_be(server):
    assert status(answers(server.port, wanted(input=["a"] * 65))) == 413
    assert status(answers(server.port, wanted(input=["a"] * 100_000))) == 413


def test_names_of_models_are_no_paths(server):
    for name in NAMES:
        found = answers(server.port, wanted(model=name))
        assert status(found) == 404, name
    for path in ("../../etc/passwd", "%2e%2e%2fvectors", "%00", "%ff"):
        found = answers(server.port, request(f"/v1/models/{path}", method="GET"))
        assert json.loads(said(found))["error"]["code"] == "model_not_found"


def test_a_nul_that_json_allows_is_a_character(server):
    assert status(answers(server.port, request("/embed", b'{"inputs": "a\\u0000b"}'))) == 200


def test_another_method_names_the_right_one(server):
    assert b"allow: POST" in answers(server.port, request("/embed", method="DELETE"))


def test_requests_one_behind_the_other_are_answered_in_turn(server):
    open_ended = request("/embed", GOOD).replace(b"connection: close\r\n", b"")
    found = answers(server.port, open_ended * 99 + request("/embed", GOOD))
    assert found.count(b"HTTP/1.1 200 OK") == 100


def test_heads_alone_are_answered_in_turn_too(server):
    """The head of an answer waits for a body, and here none comes."""
    alone = b"HEAD /info HTTP/1.1\r\nhost: x\r\n\r\n"
    found = answers(server.port, alone * 3, request("/health", method="HEAD"))
    assert found.count(b"HTTP/1.1 200 OK") == 4
    assert found.endswith(b"\r\n\r\n")


def test_a_packed_transfer_is_refused(server):
    packed = b"transfer-encoding: gzip, chunked\r\nconnection: close\r\n\r\n1\r\nx\r\n0\r\n\r\n"
    found = answers(server.port, b"POST /embed HTTP/1.1\r\nhost: x\r\n" + packed)
    assert found.startswith(b"HTTP/1.1 415")


def test_an_offer_to_speak_another_protocol_is_passed_over(server):
    """Java's client makes it with its first request, whatever it asks."""
    for offer in ("h2c", "websocket"):
        headers = (
            "Connection: Upgrade, HTTP2-Settings",
            f"Upgrade: {offer}",
            "HTTP2-Settings: AAEAAEAA",
        )
        head = request("/embed", GOOD, *headers).replace(b"connection: close\r\n", b"")
        with socket.create_connection(("127.0.0.1", server.port), timeout=SECONDS) as door:
            door.sendall(head)
            found = door.recv(1 << 16)
            while not found.endswith(b"]]"):
                found += door.recv(1 << 16)
        assert status(found) == 200


def test_a_client_that_says_that_it_will_go_on_is_told_to(server):
    found = answers(server.port, request("/embed", GOOD, "expect: 100-continue"))
    assert found.startswith(b"HTTP/1.1 100 Continue")
    assert b"HTTP/1.1 200 OK" in found


def test_who_ends_in_the_middle_of_a_body_hears_nothing_and_takes_no_place(server):
    with socket.create_connection(("127.0.0.1", server.port), timeout=SECONDS) as door:
        door.sendall(request("/embed", GOOD, length=5000))
    assert status(answers(server.port, request("/embed", GOOD))) == 200


def test_who_does_not_read_the_answer_is_left_after_a_while(server):
    """After twice the time of a request; the answer is larger than what the system keeps for a client."""
    text = json.dumps({"inputs": "a " * 131_000}).encode()
    with socket.socket() as door:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
        door.settimeout(SECONDS)
        door.connect(("127.0.0.1", server.port))
        door.sendall(request("/tokenize", text))
        door.recv(1, socket.MSG_PEEK)  # it has begun
        assert under_way(server.port) == 2
        while under_way(server.port) > 1:
            signal.sigtimedwait([], 0.2)
        with suppress(ConnectionError):
            while door.recv(1 << 16):
                pass


def under_way(port):
    """How many requests are, the one that asks among them."""
    found = answers(port, request("/metrics", method="GET"))
    return int(found.partition(b"\nisomorph_requests_under_way ")[2].split()[0])


def test_after_all_that_it_is_well(server):
    assert server.process.poll() is None
    log = server.log.read_text("utf-8", "replace")
    assert "Traceback" not in log
    assert '"status":500' not in log


def test_a_killed_server_leaves_nothing_that_hinders_the_next(tmp_path):
    arguments = (f"vectors={VECTORS}", "--backend", "reference")
    with running(*arguments, log=tmp_path / "first") as first:
        waiting = socket.create_connection(("127.0.0.1", first.port), timeout=SECONDS)
        waiting.sendall(request("/embed", GOOD, length=5000))
        os.kill(first.process.pid, signal.SIGKILL)
        assert first.process.wait(SECONDS) == -signal.SIGKILL
        with waiting, suppress(ConnectionError):
            assert waiting.recv(1) == b""
        port = str(first.port)
        with running(*arguments, log=tmp_path / "second", port=port) as second:
            assert status(answers(second.port, request("/embed", GOOD))) == 200


def test_a_full_disk_costs_lines_of_the_log_and_no_answers(tmp_path):
    """A limit on the size of files stands for the disk; the log reaches it in the middle."""
    log = tmp_path / "log"
    arguments = (f"vectors={VECTORS}", "--backend", "reference")
    limit = 4096
    with running(*arguments, log=log, largest_file=limit) as found:
        for _ in range(60):
            assert status(answers(found.port, request("/embed", GOOD))) == 200
        assert found.process.poll() is None
    assert log.stat().st_size == limit


def test_ten_thousand_connections_that_say_nothing(tmp_path):
    """As many as this process may have files, with what others need left over."""
    most = min(10_000, resource.getrlimit(resource.RLIMIT_NOFILE)[0] - 200)
    assert most > 0
    limits = ("--max-connections", str(most + 50))
    with running(f"v={VECTORS}", "--backend", "reference", *limits, log=tmp_path / "log") as found:
        before = found.megabytes
        silent = [socket.create_connection(("127.0.0.1", found.port)) for _ in range(most)]
        try:
            assert status(answers(found.port, request("/embed", GOOD))) == 200
            assert found.megabytes - before < 0.03 * most + 32, "30 kB for each at most"
        finally:
            for each in silent:
                each.close()
        assert status(answers(found.port, request("/embed", GOOD))) == 200
