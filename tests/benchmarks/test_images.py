"""Images of the race: photos, their pixels, and the memory that a folder of them takes."""

from __future__ import annotations

import json

import numpy as np

from isomorph_bench import entrants
from isomorph_bench.probes.image_memory import main
from isomorph_bench.race.contenders import read_peers
from isomorph_bench.workloads.given import ARRAY, given
from isomorph_bench.workloads.photos import write_photos


def test_photos_are_distinct_files_and_their_arrays(tmp_path):
    paths = write_photos(tmp_path / "photos", 5, distinct=2)
    assert len({each.read_bytes() for each in (tmp_path / "photos").iterdir()}) == 5
    assert given(paths[0]) == paths[0]
    first, third = (given(f"{ARRAY}{paths[index]}") for index in (0, 2))
    assert first.shape == (480, 640, 3)
    np.testing.assert_array_equal(first, third)
    assert given(f"{ARRAY}{paths[0]}") is first


def test_peers_of_images_and_of_texts_race_apart():
    known = read_peers()
    seeing = {peer.name for peer in entrants.peers_of(["all"], known, "images")}
    assert len(seeing) == 3
    assert seeing.isdisjoint(peer.name for peer in entrants.peers_of(["all"], known, "dense"))


def test_memory_is_that_of_one_process(capsys, tmp_path, monkeypatch):
    monkeypatch.setenv("ISOMORPH_CACHE", str(tmp_path))
    main(["--images", "3", "--small", "--backends", "reference"])
    found = json.loads(capsys.readouterr().out)
    assert found["vectors"] == 3
    assert 20 < found["peak MB"] < 2000
