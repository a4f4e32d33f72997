import io
import json

import numpy as np
import pytest

from isomorph import SentenceTransformer
from isomorph.cli import writers
from isomorph.cli.lines import windows
from isomorph.errors import InputError

LINES = ["the cat sat", "", "  a mat  ", "dogs ran over green hills " * 9, "dèjà\u2028vu 水"]


@pytest.fixture
def texts(tmp_path):
    file = tmp_path / "texts.txt"
    file.write_bytes("\n".join(LINES).encode())
    return file


@pytest.fixture
def expected(tiny):
    return SentenceTransformer(tiny, backend="reference").encode(LINES)


def test_npy_holds_the_vectors_of_encode(isomorph, tiny, texts, tmp_path, expected):
    out = tmp_path / "x.npy"
    done = isomorph("embed", texts, "-m", tiny, "-b", "reference", "-o", out)
    assert done.exit_code == 0, done.output
    assert "5 vectors" in done.stderr
    assert "1 cut at 32 tokens" in done.stderr
    found = np.load(out)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)
    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".part"] == []


def test_jsonl_holds_index_and_vector(isomorph, tiny, texts, tmp_path, expected):
    out = tmp_path / "x.jsonl"
    done = isomorph("embed", texts, "-m", tiny, "-b", "reference", "-o", out)
    assert done.exit_code == 0, done.output
    records = [json.loads(line) for line in out.read_text().splitlines()]
    assert [record["index"] for record in records] == list(range(len(LINES)))
    np.testing.assert_allclose([r["embedding"] for r in records], expected, rtol=0, atol=1e-6)


def test_stdin_to_stdout(isomorph, tiny):
    done = isomorph(
        "embed", "-", "-m", tiny, "-b", "reference", "-o", "-", text="the cat\r\na mat\n"
    )
    assert done.exit_code == 0, done.output
    assert [json.loads(line)["index"] for line in done.stdout.splitlines()] == [0, 1]


def test_prompt_and_length_one(isomorph, tiny, texts, tmp_path):
    out = tmp_path / "x.npy"
    options = ("--prompt-name", "query", "--normalize", "--batch-size", "2")
    done = isomorph("embed", texts, "-m", tiny, "-b", "reference", "-o", out, *options)
    assert done.exit_code == 0, done.output
    model = SentenceTransformer(tiny, backend="reference")
    expected = model.encode(LINES, prompt_name="query", normalize_embeddings=True)
    np.testing.assert_allclose(np.load(out), expected, rtol=0, atol=1e-6)


def test_an_empty_file_gives_no_rows_of_the_right_width(isomorph, tiny, tmp_path):
    empty = tmp_path / "empty.txt"
    empty.touch()
    done = isomorph("embed", empty, "-m", tiny, "-b", "reference", "-o", tmp_path / "x.npy")
    assert done.exit_code == 0, done.output
    assert np.load(tmp_path / "x.npy").shape == (0, 16)


def test_a_bad_byte_names_its_line_and_leaves_the_old_result(isomorph, tiny, tmp_path):
    bad = tmp_path / "bad.txt"
    bad.write_bytes(b"the cat\nthe \xff mat\n")
    out = tmp_path / "x.npy"
    out.write_bytes(b"before")
    done = isomorph("embed", bad, "-m", tiny, "-b", "reference", "-o", out)
    assert done.exit_code == 2
    assert "line 2: byte 5 (0xff) is not UTF-8" in done.stderr
    assert "Traceback" not in done.output
    assert out.read_bytes() == b"before"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bad.txt", "x.npy"]


@pytest.mark.parametrize(
    ("output", "said"),
    [
        ("x.csv", "must end in one of .npy, .jsonl, .parquet"),
        ("nowhere/x.npy", "There is no folder"),
        ("folder.npy", "is a folder"),
        ("texts.jsonl", "is the input file"),
    ],
)
def test_impossible_outputs_are_refused_first(isomorph, tiny, tmp_path, output, said):
    (tmp_path / "folder.npy").mkdir()
    source = tmp_path / "texts.jsonl"
    source.write_text("the cat")
    done = isomorph("embed", source, "-m", tiny, "-o", tmp_path / output)
    assert done.exit_code == 2
    assert said in done.stderr


def test_a_missing_file_is_one_line(isomorph, tiny, tmp_path):
    done = isomorph("embed", tmp_path / "none.txt", "-m", tiny, "-o", tmp_path / "x.npy")
    assert done.exit_code == 2
    assert "No such file" in done.stderr


def test_debug_shows_where_an_error_comes_from(isomorph, tiny):
    done = isomorph("--debug", "embed", "x.txt", "-m", tiny, "-o", "x.csv")
    assert isinstance(done.exception, InputError)


def test_windows_are_bounded_in_lines_and_in_bytes():
    stream = io.BytesIO(b"a\nb\nc\n" + b"d" * 100 + b"\ne")
    found = list(windows(stream, "x", lines=2, size=50))
    assert [texts for texts, _ in found] == [["a", "b"], ["c", "d" * 100], ["e"]]
    assert sum(taken for _, taken in found) == 108


def test_only_the_line_end_goes():
    stream = io.BytesIO("\ufeff a \r\n\x0b\x0c\u2028b\r\r\n\n".encode())
    assert [texts for texts, _ in windows(stream, "x")] == [["\ufeff a ", "\x0b\x0c\u2028b\r", ""]]


def test_the_header_has_room_for_any_number_of_rows(tmp_path):
    with (tmp_path / "x.part").open("wb") as stream:
        writer = writers.NpyWriter(stream, 4096)
        writer.write(np.ones((3, 4096), np.float32))
    small = writer._header()
    writer.count = 10**18
    assert len(writer._header()) == len(small) == 128
    writer.count = 3
    writer.publish(tmp_path / "x.part", tmp_path / "x.npy")
    assert np.load(tmp_path / "x.npy", mmap_mode="r").shape == (3, 4096)


def test_parquet_holds_the_vectors(isomorph, tiny, texts, tmp_path, expected):
    parquet = pytest.importorskip("pyarrow.parquet", exc_type=ImportError)
    out = tmp_path / "x.parquet"
    done = isomorph("embed", texts, "-m", tiny, "-b", "reference", "-o", out)
    assert done.exit_code == 0, done.output
    column = parquet.read_table(out)["embedding"].to_pylist()
    np.testing.assert_allclose(np.array(column, np.float32), expected, rtol=0, atol=1e-6)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["texts.txt", "x.parquet"]


def test_records_are_no_texts(isomorph, tiny, tmp_path):
    file = tmp_path / "texts.jsonl"
    file.write_text('{"text": "one"}\n', "utf-8")
    done = isomorph("embed", file, "-m", tiny, "-b", "reference", "-o", tmp_path / "x.npy")
    assert done.exit_code == 2
    assert "holds records of JSON" in done.output
    assert "jq -r .text" in done.output
    assert not (tmp_path / "x.npy").exists()
    file.write_text("one\n", "utf-8")
    assert (
        isomorph("embed", file, "-m", tiny, "-b", "reference", "-o", tmp_path / "x.npy").exit_code
        == 0
    )


def test_rows_of_a_table_are_no_texts(isomorph, tiny, tmp_path):
    file = tmp_path / "texts.csv"
    file.write_text("id,text\n1,one\n", "utf-8")
    done = isomorph("embed", file, "-m", tiny, "-b", "reference", "-o", tmp_path / "x.npy")
    assert done.exit_code == 2
    assert "holds rows of a table" in done.output
    assert not (tmp_path / "x.npy").exists()
