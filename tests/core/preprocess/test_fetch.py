"""Media are fetched from addresses where a caller says so, in limits, and never from a private network."""

from __future__ import annotations

import io
import socket
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
from PIL import Image
from tests.parity.tower_models import TEXTS, build, pictures

from isomorph import SentenceTransformer
from isomorph.errors import BadInputWarning, InputError
from isomorph.preprocess.download import NotFetched, is_public
from isomorph.preprocess.fetch import Fetch
from isomorph.preprocess.sound.recording import recording
from isomorph.testing.tiny_messages import messages, write_messages

PUBLIC = {"a.example": ["93.184.215.14"], "b.example": ["2606:4700::1", "93.184.215.14"]}
PRIVATE = {
    "in.example": ["10.0.0.1"],
    "half.example": ["93.184.215.14", "127.0.0.1"],
    "six.example": ["::1"],
    "none.example": [],
}


def png():
    file = io.BytesIO()
    Image.fromarray(pictures()[0]).save(file, "PNG")
    return file.getvalue()


class Answers(BaseHTTPRequestHandler):
    """What the test server says of each path; its host must be the name that was asked for."""

    def do_GET(self):
        path = self.path.partition("?")[0]
        places = {
            "/once": "/image.png",
            "/loop": "/loop",
            "/in": "https://in.example/image.png",
            "/plain": "http://a.example/image.png",
            "/file": "file:///etc/passwd",
        }
        if path in places:
            self.send_response(302)
            self.send_header("Location", places[path])
            self.end_headers()
            return
        if path == "/gone":
            self.send_error(404)
            return
        body = png() if path != "/large" else bytes(1_000_001)
        self.send_response(200)
        if path == "/short":
            self.send_header("Content-Length", str(len(body) + 9))
        if path == "/coded":
            self.send_header("Content-Encoding", "gzip")
        self.server.heard.append((self.headers["Host"], self.path))
        self.end_headers()
        if path == "/slow":
            self.server.ended.wait(20)
        try:
            self.wfile.write(body)
        except OSError:
            return

    def log_message(self, *_):
        return


@pytest.fixture(scope="module")
def server():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    server.heard, server.ended = [], threading.Event()
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield server
    server.ended.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def fetch(server):
    """Names are those of the tables above; every connection ends at the test server."""
    connected = []

    def connect(address, port, host, seconds):
        connected.append((address, port, host))
        return socket.create_connection(server.server_address, seconds)

    looked_up = []

    def look_up(host, port):
        looked_up.append(host)
        return {**PUBLIC, **PRIVATE}[host]

    how = Fetch(megabytes=1, look_up=look_up, connect=connect)
    return how, connected, looked_up


def test_the_connection_goes_to_the_address_that_was_judged(fetch, server):
    how, connected, looked_up = fetch
    assert how("https://a.example:8443/image.png?a=b c") == png()
    assert connected == [("93.184.215.14", 8443, "a.example")]
    assert looked_up == ["a.example"]
    assert server.heard[-1] == ("a.example:8443", "/image.png?a=b%20c")
    assert how("https://b.example/once") == png()
    assert connected[1:] == [("2606:4700::1", 443, "b.example")] * 2


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://a.example/image.png", "only https is fetched"),
        ("file:///etc/passwd", "only https is fetched"),
        ("https://user@a.example/image.png", "names no host, or a user"),
        ("https://in.example/image.png", "in.example is 10.0.0.1, which is no address of a public"),
        ("https://half.example/image.png", "half.example is 127.0.0.1"),
        ("https://six.example/image.png", "six.example is ::1"),
        ("https://none.example/image.png", "has no address"),
        ("https://a.example/in", "in.example is 10.0.0.1"),
        ("https://a.example/plain", "only https is fetched"),
        ("https://a.example/file", "only https is fetched"),
        ("https://a.example/loop", "more than 3 redirects"),
        ("https://a.example/gone", "the answer is 404"),
        ("https://a.example/large", "more than 1,000,000 bytes"),
        ("https://a.example/short", "ends after"),
        ("https://a.example/coded", "coded as 'gzip'"),
    ],
)
def test_what_is_not_fetched(fetch, url, said):
    how, connected, _ = fetch
    with pytest.raises(NotFetched, match=said):
        how(url)
    assert all(host == "a.example" for _, _, host in connected)


def test_an_address_has_a_time(fetch):
    with pytest.raises(NotFetched, match=r"takes longer than 0.3 s"):
        replace(fetch[0], seconds=0.3)("https://a.example/slow")


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
        "0.0.0.0", "224.0.0.1", "240.0.0.1", "255.255.255.255", "::", "::1", "fe80::1", "fc00::1",
        "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::",
        "2001:0:7f00:1::", "fe80::1%eth0", "nonsense", "192.0.2.1", "198.18.0.1",
    ],
)  # fmt: skip
def test_addresses_of_no_public_network(address):
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:4700::1", "::ffff:93.184.215.14"])
def test_addresses_of_public_networks(address):
    assert is_public(address)


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    return build("clip", tmp_path_factory.mktemp("clip"))


def test_a_model_fetches_where_its_caller_says_so(clip, fetch):
    given = [TEXTS[0], "https://a.example/image.png", {"image": "https://a.example/once"}]
    model = SentenceTransformer(clip, backend="reference", processor_kwargs={"fetch": fetch[0]})
    _, second, third = model.encode(given, deterministic=True)
    np.testing.assert_array_equal(second, third)
    np.testing.assert_allclose(second, model.encode(png()), rtol=0, atol=1e-6)
    with pytest.raises(
        InputError,
        match=r"Input 1 \('https://a.example/gone'\) cannot be fetched: the answer is 404",
    ):
        model.encode(["a", {"image": "https://a.example/gone"}])
    with pytest.warns(BadInputWarning, match="1 of 2 .* cannot be fetched"):
        rows = model.encode(["a", "https://in.example/a.png"], on_bad_input="nan")
    assert np.isnan(rows).any(1).tolist() == [False, True]


def test_messages_hold_addresses_where_their_caller_says_so(tmp_path, fetch):
    folder = write_messages(messages()[0], tmp_path / "model")
    url, pixels = "https://a.example/image.png", pictures()[0]
    forms = [
        {"text": "a", "image": url},
        [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": url}}]}],
    ]
    shut = SentenceTransformer(folder, backend="reference")
    for form in forms:
        with pytest.raises(InputError, match=r"Input 0 is the address .*{'fetch': True}"):
            shut.encode([form])
    model = SentenceTransformer(folder, backend="reference", processor_kwargs={"fetch": fetch[0]})
    found = model.encode(forms)
    wanted = [{"text": "a", "image": pixels}, {"image": pixels}]
    np.testing.assert_allclose(found, shut.encode(wanted), rtol=0, atol=1e-5)
    with pytest.warns(BadInputWarning, match="1 of 2 .* input 1, .* cannot be fetched"):
        rows = model.encode(["a", {"image": "https://in.example/a.png"}], on_bad_input="nan")
    assert np.isnan(rows).any(1).tolist() == [False, True]


def test_a_model_fetches_nothing_by_itself(clip, deny_network):
    deny_network()
    for how in (None, {"fetch": False}):
        model = SentenceTransformer(clip, backend="reference", processor_kwargs=how)
        with pytest.raises(
            InputError, match=r"Input 1 is the address .* processor_kwargs={'fetch': True}"
        ):
            model.encode(["a", "https://a.example/image.png"])
    with pytest.raises(
        InputError, match=r"Input 0 is the address .* processor_kwargs={'fetch': True}"
    ):
        recording("https://a.example/a.wav", 0)


@pytest.mark.parametrize(
    "how", ["yes", 1, {"size": 1}, {"megabytes": 0}, {"seconds": -1}, {"redirects": 1.5}]
)
def test_a_wrong_word_on_fetching_is_refused(clip, how):
    with pytest.raises(InputError, match="fetch"):
        SentenceTransformer(clip, backend="reference", processor_kwargs={"fetch": how})
