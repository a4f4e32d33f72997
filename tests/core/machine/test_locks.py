from __future__ import annotations

import os

import pytest

from isomorph.machine import locks


def test_one_at_a_time_and_no_file_afterwards(tmp_path):
    path = tmp_path / "lock"
    with locks.exclusive(path) as locked:
        assert locked
        with pytest.raises(locks.Held, match=f"process {os.getpid()} on "), locks.exclusive(path):
            pass
        assert path.exists()
    assert not path.exists()
    with locks.exclusive(path):
        pass


def test_an_error_within_ends_the_lock(tmp_path):
    with pytest.raises(KeyError), locks.exclusive(tmp_path / "lock"):
        raise KeyError
    with locks.exclusive(tmp_path / "lock"):
        pass


def test_a_file_that_its_last_holder_removes_is_no_lock(tmp_path, monkeypatch):
    """Between opening the file and locking it the holder may end, and a third process make a new one."""
    path, lock, opened = tmp_path / "lock", locks.lock, []

    def removed_meanwhile(handle, wait=False):
        if not opened:
            path.unlink()
            path.touch()
        opened.append(handle)
        return lock(handle, wait)

    monkeypatch.setattr(locks, "lock", removed_meanwhile)
    with locks.exclusive(path):
        assert len(opened) == 2
        with pytest.raises(locks.Held), locks.exclusive(path):
            pass


def test_a_link_in_the_place_of_the_lock_is_not_followed(tmp_path):
    (tmp_path / "mine").write_text("mine")
    (tmp_path / "lock").symlink_to(tmp_path / "mine")
    with pytest.raises(OSError, match="lock"), locks.exclusive(tmp_path / "lock"):
        pass
    assert (tmp_path / "mine").read_text() == "mine"
