"""What engines compile is kept whole, within a size, and never at the cost of a call."""

from __future__ import annotations

import errno
import os
import pickle
import re
import warnings
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from isomorph import SentenceTransformer
from isomorph.compile_cache import VARIABLE, keeper
from isomorph.compile_cache.identity import digest, instructions, weight_files, weights
from isomorph.compile_cache.on_disk import kept, room_from, size_of
from isomorph.contract import Claim, Device, Options, no_compile_cache
from isomorph.errors import InputError
from isomorph.files.digest import SAMPLE
from isomorph.files.folder import Folder
from isomorph.plugins.reading import read_model

CLAIM = Claim(Device("cpu"), 1)
ROOM = 1 << 30


@pytest.fixture
def model(folder):
    return read_model(folder)


@pytest.fixture
def keep(model, tmp_path):
    """Keeps for this model, below a folder that is not there yet; counts how often something is made."""

    def call(description, room=ROOM, content=b"x", fail=None, options=None, size=None):
        def make(work):
            call.made += 1
            (work / "part").write_bytes(content)
            if fail is not None:
                raise fail

        given = options or Options()
        parent = tmp_path / "a" / "kept"
        return kept(parent, room, model, CLAIM, given, description, make, size=size)

    call.made = 0
    return call


def test_it_is_made_once_and_found_again(keep):
    first = keep(b"graph")
    assert (first / "part").read_bytes() == b"x"
    assert keep(b"graph", content=b"y") == first
    assert keep.made == 1
    assert keep(b"another graph") != first
    assert keep(b"graph", options=Options(arithmetic="float16")) != first
    assert keep.made == 3


def test_other_weights_are_another_thing(model, folder):
    def now():
        return digest(read_model(folder), CLAIM, Options(), b"graph")

    before = now()
    assert before == now()
    file = max((held.path for held in weight_files(model)), key=lambda file: file.stat().st_size)
    time = file.stat().st_mtime_ns
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    os.utime(file, ns=(time, time))
    assert now() != before, "the last bytes are among the samples"
    content[-1] ^= 1
    file.write_bytes(content)
    os.utime(file, ns=(time, time))
    assert now() == before
    os.utime(file, ns=(time, time + 1))
    assert now() != before


def test_large_files_are_sampled_from_end_to_end(tmp_path):
    file = tmp_path / "weights"
    content = bytearray(1 << 20)
    seen = set()
    for place in (0, SAMPLE - 1, len(content) - SAMPLE, len(content) - 1):
        content[place] ^= 1
        file.write_bytes(content)
        os.utime(file, ns=(1, 1))
        seen.add(weights(Folder(tmp_path).hold("weights")))
    assert len(seen) == 4
    file.write_bytes(b"")
    assert weights(Folder(tmp_path).hold("weights")) not in seen


def test_another_processor_is_another_thing(tmp_path):
    some = tmp_path / "cpuinfo"
    some.write_text("processor: 0\nflags\t: avx2 fma\nbogomips: 1\n")
    first = instructions(some)
    some.write_text("processor: 1\nflags\t: avx2 fma\nbogomips: 2\n")
    assert instructions(some) == first
    some.write_text("flags\t: avx2 fma avx512f\n")
    assert instructions(some) != first


def test_what_was_used_last_stays(keep, tmp_path, model):
    need = 2 * sum(file.identity.size for file in weight_files(model))
    half = bytes(need // 2 - 1000)
    paths = [keep(name, room=need, content=half) for name in (b"1", b"2")]
    os.utime(paths[0], (1, 1))
    os.utime(paths[1], (2, 2))
    assert keep(b"1", room=need) == paths[0]
    third = keep(b"3", room=need, content=half)
    assert paths[0].is_dir()
    assert third.is_dir()
    assert not paths[1].exists()
    assert size_of(third.parent) <= need


@pytest.mark.parametrize(
    "failure", [OSError(errno.ENOSPC, "No space left"), RuntimeError("engine")]
)
def test_a_disk_that_is_full_is_a_warning_and_leaves_nothing(keep, failure):
    with pytest.warns(
        UserWarning, match=f"not kept compiled .*{re.escape(str(failure))}.* {VARIABLE}"
    ):
        assert keep(b"graph", fail=failure) is None
    assert keep(b"graph") is not None
    with pytest.warns(UserWarning, match="up to .* MB are needed, and there may be 0 MB"):
        assert keep(b"graph", room=1000) is None
    assert keep(b"small", room=1000, size=900) is not None  # the backend knows it better


def test_too_little_free_space_is_a_warning_before_anything_is_made(keep, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda path: type("Usage", (), {"free": 10})())
    with pytest.warns(UserWarning, match="MB are needed, and 0 MB are free"):
        assert keep(b"graph") is None
    assert keep.made == 0


def test_a_place_that_cannot_be_written_is_a_warning(keep, tmp_path):
    (tmp_path / "a").write_text("a file where the folder would be")
    with pytest.warns(UserWarning, match="not kept compiled"):
        assert keep(b"graph") is None


def test_many_at_once_agree_on_one(keep):
    with warnings.catch_warnings(), ThreadPoolExecutor(8) as pool:
        warnings.simplefilter("error")
        found = set(pool.map(keep, [b"graph"] * 16))
    assert len(found) == 1
    (one,) = found
    assert [path.name for path in one.parent.iterdir()] == [one.name]


@pytest.mark.parametrize(
    ("text", "room"),
    [("0", 0), ("4GB", 4 * 10**9), ("1.5 mb", 1_500_000), ("2k", 2000), ("77", 77), ("9B", 9)],
)
def test_sizes(text, room):
    assert room_from(text) == room


def test_what_is_no_size_is_refused(model, monkeypatch):
    monkeypatch.setenv(VARIABLE, "lots")
    with pytest.raises(InputError, match="'lots' is no size; write something like 4GB"):
        keeper(model, CLAIM, Options())


def test_nothing_is_kept_unless_the_user_gives_room(model, monkeypatch):
    for text in ("", "0"):
        monkeypatch.setenv(VARIABLE, text)
        assert keeper(model, CLAIM, Options()) is no_compile_cache
    assert pickle.loads(pickle.dumps(Options())) == replace(Options())


def test_every_backend_gives_the_same_vectors_with_and_without(
    backend, folder, tmp_path, monkeypatch
):
    def vectors():
        with SentenceTransformer(folder, backend=backend) as model:
            return model.encode(["a river", "stones and a sea"]).tobytes()

    monkeypatch.setenv("ISOMORPH_CACHE", str(tmp_path / "cache"))
    plain = vectors()
    assert not (tmp_path / "cache").exists()
    monkeypatch.setenv(VARIABLE, "1GB")
    first, second = vectors(), vectors()
    assert plain == first == second


def test_what_was_replaced_by_a_pipe_or_a_link_is_made_anew(keep, tmp_path):
    part = keep(b"graph") / "part"
    for spoil in (lambda: os.mkfifo(part), lambda: part.symlink_to(tmp_path), part.mkdir):
        part.unlink()
        spoil()
        assert (keep(b"graph") / "part").read_bytes() == b"x"
    assert keep.made == 4
