"""The door to a model's files: what it lets through, and what it refuses."""

from __future__ import annotations

import os
import threading

import numpy as np
import pytest

from isomorph.errors import BadModel, ModelChanged
from isomorph.files.folder import Folder
from isomorph.files.steady import ATTEMPTS, steadily


@pytest.fixture
def root(tmp_path):
    made = tmp_path / "model"
    (made / "1_Pooling").mkdir(parents=True)
    (made / "config.json").write_text('{"a": 1}', "utf-8")
    (made / "1_Pooling" / "config.json").write_text('{"b": 2}', "utf-8")
    (tmp_path / "secret.json").write_text('{"c": 3}', "utf-8")
    return made


def replace(file, content):
    """As a deployment does: a new file takes the name."""
    fresh = file.with_name("fresh")
    fresh.write_text(content, "utf-8")
    fresh.replace(file)


def test_a_subfolder_shares_what_was_met(root):
    folder = Folder(root)
    assert folder.sub("1_Pooling").json("config.json") == {"b": 2}
    assert folder.noted() == ["1_Pooling/config.json"]
    replace(root / "1_Pooling" / "config.json", '{"b": 3}')
    with pytest.raises(ModelChanged, match="has changed since it was read"):
        folder.json("1_Pooling", "config.json")


@pytest.mark.parametrize("name", ["../secret.json", "..\\secret.json", "a/../../secret.json"])
def test_no_name_climbs_out(root, name):
    for ask in (Folder(root).file, Folder(root).open, Folder(root).json, Folder(root).sub):
        with pytest.raises(BadModel, match="leads out of the model folder"):
            ask(name)
    with pytest.raises(BadModel, match="leads out of the model folder"):
        Folder(root).sub("1_Pooling").text("../../secret.json")


def test_an_absolute_name_is_refused_in_every_place(root, tmp_path):
    for parts in ((str(tmp_path / "secret.json"),), ("1_Pooling", str(tmp_path / "secret.json"))):
        with pytest.raises(BadModel, match="leads out of the model folder"):
            Folder(root).file(*parts)


@pytest.mark.parametrize("place", ["link.json", "1_Pooling/link.json"])
def test_links_that_lead_out_are_refused(root, tmp_path, place):
    (root / place).symlink_to(tmp_path / "secret.json")
    for ask in (Folder(root).file, Folder(root).open, Folder(root).hold, Folder(root).text):
        with pytest.raises(BadModel, match="outside of the model folder"):
            ask(place)


def test_a_link_of_a_folder_that_leads_out_is_refused(root, tmp_path):
    (root / "2_Dense").symlink_to(tmp_path, target_is_directory=True)
    with pytest.raises(BadModel, match="outside of the model folder"):
        Folder(root).file("2_Dense", "secret.json")


def test_links_inside_the_folder_are_followed(root):
    (root / "link.json").symlink_to(root / "config.json")
    assert Folder(root).json("link.json") == {"a": 1}


def test_what_stands_in_the_place_of_a_file_is_not_passed_over(root):
    """A link to nothing and a folder are not the same as no file: somebody meant one to be there."""
    (root / "link.json").symlink_to(root / "gone.json")
    (root / "folder.json").mkdir()
    assert Folder(root).file("absent.json") is None
    for name, says in (
        ("link.json", "a link to a file that is not there"),
        ("folder.json", "regular"),
    ):
        for ask in (Folder(root).file, Folder(root).json, Folder(root).text):
            with pytest.raises(BadModel, match=says):
                ask(name)


def test_a_file_that_became_a_folder_has_changed(root):
    folder = Folder(root)
    assert folder.json("config.json") == {"a": 1}
    (root / "config.json").unlink()
    (root / "config.json").mkdir()
    with pytest.raises(ModelChanged, match="changed since it was read"):
        folder.check()


def snapshot(root, tmp_path, storage="models--a--b"):
    place = tmp_path / storage / "snapshots" / ("0" * 40)
    place.parent.mkdir(parents=True)
    (tmp_path / storage / "blobs").mkdir()
    return root.rename(place)


def test_a_snapshot_links_to_blobs_of_its_own_repository_alone(root, tmp_path):
    place = snapshot(root, tmp_path)
    own, other = tmp_path / "models--a--b" / "blobs", tmp_path / "models--c--d" / "blobs"
    other.mkdir(parents=True)
    for blobs in (own, other):
        (blobs / "0f").write_text("{}", "utf-8")
    (place / "own.json").symlink_to(own / "0f")
    (place / "other.json").symlink_to(other / "0f")
    (place / "ref.json").symlink_to(tmp_path / "models--a--b" / "refs")
    assert Folder(place).json("own.json") == {}
    for name in ("other.json", "ref.json"):
        with pytest.raises(BadModel, match="outside of the model folder"):
            Folder(place).json(name)


def test_blobs_that_are_a_link_themselves_lead_out(root, tmp_path):
    place = snapshot(root, tmp_path)
    (tmp_path / "models--a--b" / "blobs").rmdir()
    (tmp_path / "models--a--b" / "blobs").symlink_to(tmp_path, target_is_directory=True)
    (place / "link.json").symlink_to(tmp_path / "models--a--b" / "blobs" / "secret.json")
    with pytest.raises(BadModel, match="outside of the model folder"):
        Folder(place).json("link.json")


def test_a_folder_whose_parent_is_called_snapshots_is_no_cache(root, tmp_path):
    place = snapshot(root, tmp_path, "mine")
    (tmp_path / "mine" / "blobs" / "0f").write_text("{}", "utf-8")
    (place / "link.json").symlink_to(tmp_path / "mine" / "blobs" / "0f")
    with pytest.raises(BadModel, match="outside of the model folder"):
        Folder(place).json("link.json")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_named_pipe_is_refused_and_not_waited_for(root):
    os.mkfifo(root / "modules.json")
    for ask in (Folder(root).file, Folder(root).open, Folder(root).json):
        with pytest.raises(BadModel, match="not a regular file"):
            ask("modules.json")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\xff\xfe{}", "not UTF-8"),
        (b"{", "not readable JSON"),
        (b"[" * 200_000, "not readable JSON"),
        (b"1" * 100_000, "not readable JSON"),
    ],
)
def test_what_is_no_json_is_refused_by_the_name_of_its_file(root, content, said):
    (root / "config.json").write_bytes(content)
    with pytest.raises(BadModel, match=f"config.json is {said}"):
        Folder(root).json("config.json")


def test_a_file_that_appears_later_is_a_change_too(root):
    folder = Folder(root)
    assert folder.file("adapter_config.json") is None
    (root / "adapter_config.json").write_text("{}", "utf-8")
    with pytest.raises(ModelChanged):
        folder.file("adapter_config.json")
    with pytest.raises(ModelChanged):
        folder.check()


def test_a_file_that_is_gone_is_told_as_gone(root):
    folder = Folder(root)
    folder.json("config.json")
    (root / "config.json").unlink()
    for ask in (folder.check, lambda: folder.open("config.json")):
        with pytest.raises(ModelChanged, match=r"config\.json is gone since it was read"):
            ask()


def test_a_held_file_outlives_its_name(root):
    (root / "weights").write_bytes(bytes(range(256)))
    held = Folder(root).hold("weights")
    replace(root / "weights", "other")
    assert held.map(16, 4).tolist() == [16, 17, 18, 19]
    assert held.open().read() == bytes(range(256))
    assert not held.has_its_name
    held.check()


def test_a_held_file_that_is_written_in_place_is_refused(root):
    (root / "weights").write_bytes(bytes(4096))
    folder = Folder(root)
    held = folder.hold("weights")
    with (root / "weights").open("r+b") as stream:
        stream.truncate(10)
    for ask in (held.check, held.open, lambda: held.map(0, 8), folder.check_weights):
        with pytest.raises(ModelChanged, match="written to since it was read"):
            ask()


def test_streams_of_a_held_file_do_not_move_each_other(root):
    content = np.random.default_rng(0).integers(0, 256, 1 << 18, dtype=np.uint8).tobytes()
    (root / "weights").write_bytes(content)
    held = Folder(root).hold("weights")
    found = []
    threads = [threading.Thread(target=lambda: found.append(held.open().read())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [content] * 8


def test_a_folder_that_is_replaced_while_it_is_read_is_read_again(root):
    folders = []

    def read():
        folder = Folder(root)
        first = folder.json("config.json")
        if not folders:
            replace(root / "config.json", '{"a": 2}')
        folders.append(folder)
        return first, folder

    assert steadily(root, read, lambda found: found[1])[0] == {"a": 2}
    assert len(folders) == 2


def test_a_folder_that_never_rests_is_an_error(root):
    tried = []

    def read():
        tried.append(Folder(root))
        tried[-1].json("config.json")
        replace(root / "config.json", '{"a": 2}')
        return tried[-1]

    with pytest.raises(ModelChanged):
        steadily(root, read, lambda folder: folder)
    assert len(tried) == ATTEMPTS


def test_an_error_of_a_folder_that_stays_is_raised_at_once(root):
    tried = []

    def read():
        tried.append(1)
        raise BadModel("damaged")

    with pytest.raises(BadModel, match="damaged"):
        steadily(root, read, lambda folder: folder)
    assert tried == [1]
