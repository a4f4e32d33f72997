"""Servers that break off, hang, or speak something else: each is named in one error, and nothing hangs."""

from __future__ import annotations

import gzip
import socket
import struct
import threading
import time
from contextlib import suppress

import pytest

from isomorph import SentenceTransformer
from isomorph.errors import BackendUnavailable, InputError
from isomorph_remote import far

CUT = b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{"
PAGE = b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\n<html>"


class Broken:
    """Says bytes to each connection, of a list in turn, and ends it: politely, with a reset, or never."""

    def __init__(self, said, end="close"):
        self.said, self.end = said, end
        self.door = socket.create_server(("127.0.0.1", 0))
        self.port = self.door.getsockname()[1]
        self.held = []
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()

    def serve(self):
        while True:
            caller, _ = self.door.accept()
            first = caller.recv(1 << 16)
            if first == b"end":
                caller.close()
                return
            caller.sendall(self.said.pop(0) if isinstance(self.said, list) else self.said)
            if self.end == "hang":
                self.held.append(caller)
                continue
            if self.end == "reset":
                caller.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            caller.close()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        with socket.create_connection(("127.0.0.1", self.port)) as last:
            last.sendall(b"end")
        self.thread.join()
        for each in (self.door, *self.held):
            each.close()


BROKEN = {
    "an answer that ends early": (CUT, "close", "http", "does not answer"),
    "a reset in the middle": (CUT, "reset", "http", "does not answer"),
    "no answer at all": (b"", "close", "http", "does not answer"),
    "no answer in time": (b"", "hang", "http", r"does not answer \(ReadTimeoutError\)"),
    "an answer that stops": (CUT, "hang", "http", "does not answer"),
    "a page": (PAGE, "close", "http", "answers no JSON"),
    "no HTTP": (b"220 mail ready\r\n", "close", "http", "does not answer"),
    "no TLS where https is asked for": (PAGE, "close", "https", r"does not answer \(SSLError\)"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_server_that_breaks_is_named(what):
    said, end, scheme, words = BROKEN[what]
    with Broken(said, end) as server:
        address = f"{scheme}://127.0.0.1:{server.port}"
        kwargs = {"api": "tei", "retries": 0, "timeout": 1.0}
        with pytest.raises(BackendUnavailable, match=words) as caught:
            SentenceTransformer(address, backend="remote", model_kwargs=kwargs)
    assert address in str(caught.value)


@pytest.mark.parametrize("status", ["400 Bad Request", "500 Internal Server Error", "200 OK"])
def test_lists_in_lists_without_end_are_no_words(status):
    deep = b"[" * 200_000
    head = f"HTTP/1.1 {status}\r\ncontent-length: {len(deep)}\r\n\r\n".encode()
    with Broken(head + deep) as server:
        asked = far.Far(f"http://127.0.0.1:{server.port}", retries=0)
        with pytest.raises((BackendUnavailable, InputError), match=r"127\.0\.0\.1"):
            asked.ask("/info")


def test_a_packed_answer_that_nobody_asked_for_is_not_unpacked():
    packed = gzip.compress(b" " * (64 << 20))
    head = b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: %d\r\n\r\n"
    with Broken(head % len(packed) + packed) as server:
        asked = far.Far(f"http://127.0.0.1:{server.port}", retries=0)
        assert len(asked.send("/info", None)) == len(packed)


@pytest.mark.parametrize("end", ["hang", "close"])
def test_an_answer_without_end_is_not_read(monkeypatch, end):
    monkeypatch.setattr(far, "LARGEST", 1000)
    head = b"HTTP/1.1 200 OK\r\ncontent-length: 1000000000000\r\n\r\n"
    monkeypatch.setattr(far, "PIECE", 100)
    with Broken(head + b" " * 1100, end) as server:
        url = f"http://127.0.0.1:{server.port}"
        kwargs = {"api": "tei", "retries": 0}
        with pytest.raises(BackendUnavailable, match="/info answers more than 1,000 bytes"):
            SentenceTransformer(url, backend="remote", model_kwargs=kwargs)


def test_an_answer_that_is_cut_is_asked_for_again():
    whole = b'{"model_id": "a"}'
    head = b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 17\r\n\r\n"
    with Broken([head + whole[:5], head + whole]) as server:
        asked = far.Far(f"http://127.0.0.1:{server.port}", retries=1)
        assert asked.ask("/info") == {"model_id": "a"}


class Dripping(Broken):
    """Says its bytes one by one, each in time, until the caller goes."""

    def serve(self):
        caller, _ = self.door.accept()
        with caller, suppress(OSError):
            for each in caller.recv(1 << 16) and self.said:
                caller.sendall(bytes([each]))
                time.sleep(0.05)

    def __exit__(self, *exc):
        self.thread.join()
        self.door.close()


def test_a_head_that_trickles_is_given_up():
    head = b"HTTP/1.1 200 OK\r\nx: " + b"y" * 10_000
    with Dripping(head) as server:
        asked = far.Far(f"http://127.0.0.1:{server.port}", timeout=0.5, retries=0)
        with pytest.raises(BackendUnavailable, match=r"does not answer \(ReadTimeoutError\)"):
            asked.ask("/info")


def test_an_answer_that_trickles_is_given_up(monkeypatch):
    """Each byte comes in time, and all of them never would; the clock says that much time has gone by."""
    now = iter(range(0, 10**6, 10))
    monkeypatch.setattr(far, "monotonic", lambda: float(next(now)))

    class Trickle:
        asked = 0

        def read1(self, most):
            self.asked += 1
            return b" "

    answer = Trickle()
    with pytest.raises(far.urllib3.exceptions.ReadTimeoutError, match="trickles"):
        far.Far("http://a", timeout=60.0)._body(answer)
    assert answer.asked == 7


def test_a_large_answer_over_a_slow_line_is_read(monkeypatch):
    now = iter(range(0, 10**6, 10))
    monkeypatch.setattr(far, "monotonic", lambda: float(next(now)))
    pieces = [b"x" * (10 * far.SLOWEST)] * 20

    class Slow:
        def read1(self, most):
            return pieces.pop() if pieces else b""

    assert len(far.Far("http://a", timeout=60.0)._body(Slow())) == 200 * far.SLOWEST


@pytest.mark.parametrize("chunked", [False, True])
def test_answers_with_and_without_a_length(chunked):
    whole = b'{"model_id": "a"}'
    length = f"content-length: {len(whole)}".encode()
    pieces = b"".join(b"1\r\n" + bytes([each]) + b"\r\n" for each in whole) + b"0\r\n\r\n"
    head = b"HTTP/1.1 200 OK\r\n" + (b"transfer-encoding: chunked" if chunked else length)
    with Broken(head + b"\r\n\r\n" + (pieces if chunked else whole)) as server:
        asked = far.Far(f"http://127.0.0.1:{server.port}", retries=0)
        assert asked.ask("/info") == {"model_id": "a"}
