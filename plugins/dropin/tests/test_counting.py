"""The page of the tests that others wrote: what is counted, and what a failure is called."""

from importlib import import_module
from pathlib import Path

import pytest

CLIENTS = Path(__file__).parents[1] / "clients"


@pytest.fixture
def failures(monkeypatch):
    monkeypatch.syspath_prepend(CLIENTS)
    return import_module("failures")


def test_only_what_passes_with_the_library_itself_is_counted(failures):
    found = {
        "real": {"test_a.py": {"one": None, "two[1]": None, "two[2]": None, "lost": "OSError"}},
        "here": {
            "test_a.py": {"one": None, "two[1]": "the model has no attribute '_x'", "lost": None}
        },
    }
    page = failures.page_of({"test_a.py": Path("test_a.py")}, found).splitlines()
    assert "| test_a.py | 3 | 1 |" in page
    assert "| all | 3 | 1 |" in page
    (first, second) = [line for line in page if line.startswith("| test_a.py::")]
    assert first.startswith("| test_a.py::two | 1 | not explained |")
    assert second.startswith("| test_a.py::two | 1 | private name |")


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("losses: isomorph-dropin runs models. Training: use the real library", "training"),
        ("SentenceTransformer has no auto_model: backend 'onnx' runs a graph", "live torch module"),
        ("AmbiguousHead: nothing in it maps token vectors", "deliberate difference"),
        ("UnknownFormat: no architecture that ends in ForX", "deliberate difference"),
        (
            "isomorph.errors.Unsupported: arithmetic in 'bfloat16' was asked for",
            "arithmetic of an engine",
        ),
        ("HubUnavailable: HF_HUB_OFFLINE is set", "network"),
        ("assert 1 == 2", "not explained"),
    ],
)
def test_a_failure_is_called_by_what_its_message_says(failures, said, name):
    found = {"real": {"f": {"t": None}}, "here": {"f": {"t": said}}}
    assert f"| f::t | 1 | {name} |" in failures.page_of({"f": Path("f")}, found)


def test_what_was_not_run_or_did_not_end_is_no_failure(failures):
    found = {
        "real": {"test_a.py": {"one": None, "two": None}},
        "here": {"test_a.py": {"one": None, "two": None}},
        "there": {"test_a.py": {}},
    }
    page = failures.page_of({"test_a.py": Path("test_a.py")}, found, ["test_b.py", "test_c.py"])
    assert "| test_a.py | 2 | 2 | no end |\n" in page
    assert "| all | 2 | 2 | 0 |\n" in page
    assert "\nNot run for this page: test_b.py, test_c.py.\n" in page
    assert "test_a.py::" not in page
    assert "Not run" not in failures.page_of({"test_a.py": Path("test_a.py")}, found)
