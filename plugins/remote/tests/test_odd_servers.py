"""Keys that no header holds, addresses with passwords, answers of another shape: errors name the server."""

from pathlib import Path

import pytest

from isomorph import SentenceTransformer
from isomorph.errors import BackendUnavailable, IsomorphError, ModelNotFound, Unsupported
from isomorph_remote import far

VECTORS = Path(__file__).parents[3] / "tests" / "parity" / "models" / "prompts-default"
SECRET = "of-nobody-else"
TEXTS = ["river", "stone"]


def load(name, **kwargs):
    return SentenceTransformer(name, backend="remote", model_kwargs={"retries": 0, **kwargs})


@pytest.mark.parametrize("end", ["\n", "\r\nx: y", "\0", "é", "€"])
def test_a_key_that_no_header_holds_is_refused_and_not_shown(other, monkeypatch, end):
    server = other("tei")
    with pytest.raises(Unsupported, match="printable ASCII") as passed:
        load(server.url, api_key=SECRET + end)
    assert SECRET not in str(passed.value)
    if "\0" not in end:
        monkeypatch.setenv("ISOMORPH_REMOTE_KEY", SECRET + end)
        with pytest.raises(Unsupported, match="ISOMORPH_REMOTE_KEY") as told:
            load(server.url)
        assert SECRET not in str(told.value)


@pytest.mark.parametrize(
    "arguments",
    [
        {"backend": "remote", "revision": "main"},
        {"backend": "remote", "local_files_only": True},
        {"backend": "remote"},
        {},
    ],
)
def test_a_password_in_an_address_is_in_no_error_and_in_no_file(arguments, tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with pytest.raises(ModelNotFound, match="Leave names and passwords out") as caught:
        SentenceTransformer(f"http://me:{SECRET}@127.0.0.1:9/", **arguments)
    assert SECRET not in str(caught.value)
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize("address", ["http://a:99999", "http://a:b", "http://[::1", "http://a:0"])
def test_what_is_no_address(address):
    with pytest.raises(Unsupported, match="is no address such as"):
        load(address)


def vectors_of(numbers):
    return {"data": [{"index": place, "embedding": each} for place, each in enumerate(numbers)]}


ODD = [
    ("tei", [[1.0], [10**400]]),
    ("tei", [["1.0"], ["2.0"]]),
    ("tei", [[True], [False]]),
    ("tei", [[], []]),
    ("tei", [[1e300], [1.0]]),
    ("tei", {"AAAAAA==": 1, "AAAAAB==": 2}),
    ("tei", "AAAAAA=="),
    ("openai", {"data": {"index": 0}}),
    ("openai", []),
    ("openai", vectors_of(["", ""])),
    ("openai", {"data": [{"index": float("inf"), "embedding": [1.0]}] * 2}),
    (
        "openai",
        {"data": [{"index": True, "embedding": [1.0]}, {"index": 0, "embedding": [2.0]}]},
    ),
]


@pytest.mark.parametrize(("language", "answer"), ODD)
def test_vectors_that_are_none(other, language, answer):
    server = other(language)
    model = load(server.url + ("#small" if language == "openai" else ""))
    server.answers["/embed" if language == "tei" else "/v1/embeddings"] = (200, answer)
    with pytest.raises(BackendUnavailable, match=server.url):
        model.encode(TEXTS)


@pytest.mark.parametrize(
    ("language", "answer"),
    [
        ("tei", {"error": "the model\x1b[2J is gone", "error_type": "Backend"}),
        ("openai", {"error": {"message": "the model\x1b[2J is gone", "code": 502}}),
    ],
)
def test_an_error_with_the_status_of_a_success_is_told(other, language, answer):
    server = other(language)
    model = load(server.url + ("#small" if language == "openai" else ""))
    server.answers["/embed" if language == "tei" else "/v1/embeddings"] = (200, answer)
    with pytest.raises(BackendUnavailable, match=r"no vectors: the model \[2J is gone"):
        model.encode(TEXTS)


def test_another_width_than_before(other):
    """A call may take several requests, and somebody may replace the server between them."""
    server = other("tei")
    model = load(server.url)
    model.encode(TEXTS)
    server.answers["/embed"] = (200, [[1.0] * 7] * 2)
    with pytest.raises(BackendUnavailable, match="of 7 numbers, and of 3 before"):
        model.encode(["train", "late"])


@pytest.mark.parametrize("models", [["a"], [{"task": "embed"}], [None]])
def test_a_page_of_models_that_is_none(other, models):
    server = other("tei")
    server.page = lambda path: (200, {"model_id": "a", "models": models})
    with pytest.raises(BackendUnavailable, match="/info answers what no such server does"):
        load(server.url)


def test_what_a_page_leaves_open_is_not_told(other):
    server = other("tei")
    odd = {"model_id": "a", "model_dtype": None, "max_client_batch_size": True}
    server.page = lambda path: (200, odd)
    model = load(server.url)
    model.encode(TEXTS)
    assert model.report().details["arithmetic there"] == "not told"


@pytest.mark.parametrize(
    "answer", [{}, [], None, {"models": 5}, {"models": [{}]}, {"models": [{"model": "a"}]}]
)
def test_a_server_that_answers_everything(other, answer):
    server = other("tei")
    server.page = lambda path: (200, answer)
    with pytest.raises(BackendUnavailable, match="/isomorph/graphs/ answers what no such server"):
        load(VECTORS, url=server.url)


@pytest.mark.parametrize("opened", [{}, [], None, {"isomorph": "0.1.0"}])
def test_modules_that_are_opened_as_nothing(house, other, monkeypatch, opened):
    house.add(VECTORS, "vectors")
    ask = far.Far.ask

    def odd(self, path, content=None):
        return opened if path == "/isomorph/open" else ask(self, path, content)

    monkeypatch.setattr(far.Far, "ask", odd)
    model = load(VECTORS, url=house.url)
    with pytest.raises(IsomorphError, match="/isomorph/open answers what no such server does"):
        model.encode(TEXTS)


@pytest.mark.parametrize("said", ["soon", "-5", "9" * 30, "Fri, 31 Dec 9999 23:59:59 GMT"])
def test_a_wait_that_is_none_is_within_bounds(said):
    assert 0 <= far.Patience(1).parse_retry_after(said) <= far.LONGEST_PAUSE
