"""Errors of engines, told as errors of isomorph."""

import pytest

from isomorph.errors import BadModel, InputError, OutOfMemory, Unsupported
from isomorph.plugins.reading import read_model
from isomorph.program import steady, told, translated
from isomorph.testing.models import write


def test_what_an_engine_raises_names_the_engine_and_what_was_asked():
    with (
        pytest.raises(BadModel, match=r"^An engine cannot read m\.bin: broken$") as caught,
        translated("An engine", "read m.bin", BadModel),
    ):
        raise RuntimeError(" broken\n")
    assert isinstance(caught.value.__cause__, RuntimeError)


@pytest.mark.parametrize(
    "cause", [MemoryError(), RuntimeError("std::bad_alloc"), RuntimeError("Failed to allocate")]
)
def test_no_memory_is_the_fault_of_no_file(cause):
    error = told(cause, "An engine", "read m.bin", Unsupported)
    assert type(error) is OutOfMemory
    assert str(error).startswith("An engine has not enough memory to read m.bin: ")


def test_errors_of_ours_pass_as_they_are():
    with pytest.raises(InputError, match="ours"), translated("An engine", "run", BadModel):
        raise InputError("ours")


def test_a_message_that_holds_a_whole_graph_is_cut():
    assert len(str(told(RuntimeError("x" * 10_000), "An engine", "run", BadModel))) < 600


def test_a_file_that_changed_is_told_rather_than_what_the_engine_says_of_it(tmp_path):
    model = read_model(write("bert", tmp_path))
    file = model.file("config.json")

    def broken():
        file.write_text("{}")
        raise RuntimeError("strange bytes")

    with pytest.raises(RuntimeError, match="strange"), steady(model, None):
        raise RuntimeError("strange bytes")
    with pytest.raises(BadModel, match="chang"), steady(model, file):
        broken()
