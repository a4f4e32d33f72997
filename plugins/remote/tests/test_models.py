"""Models of every class whose engine is a server: the same calls, the same numbers, and what is refused."""

import pickle
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from isomorph import CrossEncoder, MultiVectorEncoder, SentenceTransformer, SparseEncoder
from isomorph.errors import (
    BackendUnavailable,
    BadModel,
    DeviceUnavailable,
    InputError,
    Unsupported,
)
from isomorph.testing.models import write
from isomorph_remote.far import Far

PARITY = Path(__file__).parents[3] / "tests" / "parity"
VECTORS = PARITY / "models" / "prompts-default"
SCORES = PARITY / "cross_encoders" / "models" / "bert-typed"
WEIGHTS = PARITY / "sparse" / "models" / "splade-max"
TOKENS = PARITY / "multi_vector" / "models" / "lengths"
TEXTS = ["river", "the river carries small stones", "", "a house of stone by the river"]
CLOSE = 1e-5


@pytest.fixture(scope="module")
def served(house):
    for name, place in {
        "vectors": VECTORS,
        "scores": SCORES,
        "weights": WEIGHTS,
        "tokens": TOKENS,
    }.items():
        house.add(place, name)
    return house


@pytest.mark.parametrize("output", ["sentence_embedding", "token_embeddings"])
def test_vectors(served, output):
    here = SentenceTransformer(VECTORS, backend="reference")
    there = SentenceTransformer(VECTORS, backend="remote")
    for one, other in zip(
        here.encode(TEXTS, output_value=output),
        there.encode(TEXTS, output_value=output),
        strict=True,
    ):
        np.testing.assert_allclose(other, one, atol=CLOSE)


def test_other_classes(served):
    pairs = [(TEXTS[0], each) for each in TEXTS]
    here, there = (CrossEncoder(SCORES, backend=name) for name in ("reference", "remote"))
    np.testing.assert_allclose(there.predict(pairs), here.predict(pairs), atol=CLOSE)
    here, there = (SparseEncoder(WEIGHTS, backend=name) for name in ("reference", "remote"))
    found, wanted = there.encode(TEXTS), here.encode(TEXTS)
    np.testing.assert_allclose(found.toarray(), wanted.toarray(), atol=CLOSE)
    here, there = (MultiVectorEncoder(TOKENS, backend=name) for name in ("reference", "remote"))
    for found, wanted in zip(there.encode(TEXTS), here.encode(TEXTS), strict=True):
        np.testing.assert_allclose(found, wanted, atol=CLOSE)


def test_what_is_there_is_told(served):
    model = SentenceTransformer(VECTORS, backend="remote")
    said = str(model.explain())
    assert f"{served.url} runs 'vectors' in reference on cpu, " in said
    report = model.report()
    assert report.provider == served.url
    assert report.engine.startswith("isomorph ")
    assert "numpy" in report.engine
    assert report.details["model there"] == "vectors"
    assert report.max_seq_length == SentenceTransformer(VECTORS, backend="reference").max_seq_length


def test_a_copy_asks_the_same_server(served):
    model = SentenceTransformer(VECTORS, backend="remote", model_kwargs={"url": served.url})
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.encode(TEXTS), model.encode(TEXTS))


def test_an_automatic_choice_sends_nothing_away(served):
    model = SentenceTransformer(VECTORS)
    assert model.report().backend != "remote"
    assert "passed over: remote: nobody named it" in str(model.explain())


def test_several_servers_share_a_call(served, monkeypatch):
    monkeypatch.setenv("ISOMORPH_REMOTE", f"{served.url}, {served.url}/")
    model = SentenceTransformer(VECTORS, backend="remote")
    found = model.encode(TEXTS * 20, device=["remote:0", "remote:1"])
    np.testing.assert_allclose(found, model.encode(TEXTS * 20), atol=CLOSE)
    with pytest.raises(DeviceUnavailable, match="remote:1"):
        SentenceTransformer(VECTORS, backend="remote", device="remote:2")


def test_other_weights_are_refused(served, tmp_path):
    served.add(write("bert-plain", tmp_path / "there"), "plain")
    folder = write("bert-plain", tmp_path / "here")
    (file,) = folder.glob("*.safetensors")
    spoilt = bytearray(file.read_bytes())
    spoilt[-1] ^= 1
    file.write_bytes(spoilt)
    model = SentenceTransformer(folder, backend="remote", pooling="mean")
    with pytest.raises(BadModel, match=r"'plain', where model\.safetensors has other bytes"):
        model.encode(TEXTS)


def test_other_settings_are_refused(served, tmp_path):
    folder = write("bert-plain", tmp_path / "elsewhere")
    with pytest.raises(Unsupported, match="no model that computes what this folder says"):
        SentenceTransformer(folder, backend="remote", strict=True, pooling="lasttoken")
    with pytest.raises(Unsupported, match="no model 'gone'"):
        SentenceTransformer(VECTORS, backend="remote", strict=True, model_kwargs={"model": "gone"})
    with pytest.raises(Unsupported, match="arithmetic in 'bfloat16'"):
        SentenceTransformer(VECTORS, backend="remote", model_kwargs={"dtype": "bfloat16"})


@pytest.mark.parametrize(
    ("kwargs", "words"),
    [
        ({"url": "ftp://here"}, "no address"),
        ({"url": "http://name:secret@here"}, "Leave names and passwords out"),
        ({"url": 5}, "must be a text"),
        ({"timeout": 0}, "above 0"),
        ({"retries": True}, "from 0 on"),
        ({"api_key": 5}, "must be a text"),
        ({"adress": "http://here"}, "adress"),
    ],
)
def test_options_that_cannot_be(served, kwargs, words):
    with pytest.raises(Unsupported, match=words) as told:
        SentenceTransformer(VECTORS, backend="remote", model_kwargs=kwargs)
    assert "secret" not in str(told.value)


def test_a_wrong_key_is_never_shown(served):
    with pytest.raises(BackendUnavailable, match="answers 401") as told:
        SentenceTransformer(
            VECTORS, backend="remote", model_kwargs={"api_key": "not-this-one", "retries": 0}
        )
    assert "not-this-one" not in str(told.value)
    model = SentenceTransformer(VECTORS, backend="remote")
    assert "of-the-tests" not in f"{model.explain()}{model.report()}"


def test_nobody_says_where(monkeypatch):
    monkeypatch.delenv("ISOMORPH_REMOTE", raising=False)
    with pytest.raises(Unsupported, match="ISOMORPH_REMOTE"):
        SentenceTransformer(VECTORS, backend="remote")


@pytest.fixture
def odd():
    """A server that answers with the statuses it is given, in turn, the last one for ever."""
    statuses, seen = [], []

    class Odd(BaseHTTPRequestHandler):
        def do_GET(self):
            seen.append(self.path)
            status = statuses.pop(0) if len(statuses) > 1 else statuses[0]
            body = b'{"models": []}' if status == 200 else b'{"error": "busy"}'
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            if status == 429:
                self.send_header("retry-after", "0")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Odd)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", statuses, seen
    server.shutdown()
    thread.join()
    server.server_close()


def strictly(url, retries):
    kwargs = {"url": url, "retries": retries}
    return SentenceTransformer(VECTORS, backend="remote", strict=True, model_kwargs=kwargs)


def test_a_busy_server_is_asked_again_within_a_bound(odd):
    url, statuses, seen = odd
    statuses[:] = [429, 503, 200]
    with pytest.raises(Unsupported, match="no model that computes"):
        strictly(url, 2)
    assert len(seen) == 3
    statuses[:], seen[:] = [429], []
    with pytest.raises(BackendUnavailable, match=f"{url} answers 429: busy"):
        strictly(url, 2)
    assert len(seen) == 3


def test_a_failure_is_not_asked_again(odd):
    url, statuses, seen = odd
    statuses[:] = [500]
    with pytest.raises(BackendUnavailable, match="answers 500"):
        strictly(url, 3)
    assert len(seen) == 1


def test_nobody_is_there():
    with pytest.raises(BackendUnavailable, match="does not answer"):
        strictly("http://127.0.0.1:9", 0)


def test_a_server_that_went_away(served, tmp_path):
    model = SentenceTransformer(VECTORS, backend="remote", model_kwargs={"retries": 0})
    model.encode(TEXTS)
    gone = served.shelf.served.pop("vectors")
    try:
        with pytest.raises(Unsupported, match="answers 404"):
            model.encode(TEXTS)
    finally:
        served.shelf.served["vectors"] = gone


DAMAGED = {
    "cut": lambda data: data[:-3],
    "a number is another": lambda data: data[:-8] + bytes([data[-8] ^ 1]) + data[-7:],
    "a head without end": lambda data: b"\xff" * 8 + data[8:],
    "another language": lambda data: b'{"values": {}}',
    "huge": lambda data: data.replace(b'"shape":[', b'"shape":[999999999999999'),
}


@pytest.mark.parametrize("how", DAMAGED)
def test_an_answer_that_was_damaged(served, monkeypatch, how):
    whole = Far.send

    def send(self, path, *args):
        data = whole(self, path, *args)
        return DAMAGED[how](data) if path == "/isomorph/forward" else data

    model = SentenceTransformer(VECTORS, backend="remote")
    monkeypatch.setattr(Far, "send", send)
    with pytest.raises(BackendUnavailable, match=f"{served.url} answers no values: .* bytes "):
        model.encode(TEXTS)


def test_an_input_without_a_row_is_refused_here(served):
    model = SentenceTransformer(VECTORS, backend="remote")
    with pytest.raises(InputError):
        model.encode([3])


def test_a_pool_of_processes_is_refused(served):
    with pytest.raises(Unsupported, match="belong to one process"):
        SentenceTransformer(VECTORS, backend="remote").start_multi_process_pool()
