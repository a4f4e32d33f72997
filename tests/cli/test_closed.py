"""A program whose standard streams were closed before it began."""

import shlex
import subprocess
import sys

import numpy as np
import pytest


@pytest.fixture
def closed(tiny, tmp_path):
    (tmp_path / "texts.txt").write_text("the cat sat\na mat", "utf-8")

    def run(words, closing):
        command = shlex.join([sys.executable, "-m", "isomorph.cli", *map(str, words)])
        return subprocess.run(
            f"exec {command} {closing}",
            shell=True,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def test_what_has_no_stdout_to_go_to_is_told(closed, tiny):
    for words in (["backends"], ["embed", "texts.txt", "-o", "-", "-m", tiny, "-b", "reference"]):
        done = closed(words, ">&-")
        assert done.returncode == 2, done.stderr
        assert done.stderr.strip().endswith("stdout is closed")
        assert "Traceback" not in done.stderr


def test_texts_of_no_stdin_are_told(closed, tiny):
    done = closed(["embed", "-", "-o", "-", "-m", tiny, "-b", "reference"], "<&-")
    assert done.returncode == 2
    assert done.stderr.strip().endswith("stdin is closed")


@pytest.mark.parametrize("closing", ["2>&-", ">&- 2>&-", "<&- >&- 2>&-"])
def test_a_file_is_written_whole_and_by_nobody_else(closed, tiny, tmp_path, closing):
    done = closed(["embed", "texts.txt", "-o", "x.npy", "-m", tiny, "-b", "reference"], closing)
    assert done.returncode == 0
    assert np.load(tmp_path / "x.npy").shape == (2, 16)


def test_no_file_gets_the_number_of_a_closed_stream(tmp_path):
    code = (
        "from isomorph.cli.closed import stand_in; stand_in(); "
        "import sys; assert open(sys.argv[1], 'w').fileno() > 2"
    )
    command = shlex.join([sys.executable, "-c", code, str(tmp_path / "x")])
    done = subprocess.run(f"exec {command} >&- <&-", shell=True, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
