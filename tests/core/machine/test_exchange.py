"""A folder that cannot be written whole leaves nothing behind, and its error names it."""

from __future__ import annotations

import errno
import os

import pytest

from isomorph.machine.exchange import staged


def write_too_much(target, reason, *where):
    with staged(target) as fresh:
        (fresh / "half").write_bytes(b"x")
        raise OSError(reason, os.strerror(reason), *where)


@pytest.mark.parametrize("reason", [errno.ENOSPC, errno.EFBIG])
def test_a_full_disk_is_an_error_that_names_the_folder(tmp_path, reason):
    with pytest.raises(OSError, match="made") as caught:
        write_too_much(tmp_path / "made", reason)
    assert (caught.value.errno, caught.value.filename) == (reason, str(tmp_path.resolve() / "made"))
    assert not list(tmp_path.iterdir())


def test_an_error_that_names_a_file_keeps_the_name(tmp_path):
    with pytest.raises(OSError, match="another") as caught:
        write_too_much(tmp_path / "made", errno.ENOSPC, "another")
    assert caught.value.filename == "another"


def test_an_error_that_tells_nothing_of_the_disk_names_no_folder(tmp_path):
    with pytest.raises(OSError, match=os.strerror(errno.EPIPE)) as caught:
        write_too_much(tmp_path / "made", errno.EPIPE)
    assert caught.value.filename is None
