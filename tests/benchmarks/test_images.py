"""The race for images: its inputs, its model, and the measurement of memory, all small."""

import json

import numpy as np

from isomorph_bench.__main__ import entrants
from isomorph_bench.images import main, write_photos
from isomorph_bench.race.contenders import read_peers
from isomorph_bench.workloads.given import ARRAY, given


def test_photos_are_distinct_files_and_their_arrays(tmp_path):
    paths = write_photos(tmp_path / "photos", 5, distinct=2)
    assert len({each.read_bytes() for each in (tmp_path / "photos").iterdir()}) == 5
    assert given(paths[0]) == paths[0]
    first, third = (given(f"{ARRAY}{paths[index]}") for index in (0, 2))
    assert first.shape == (480, 640, 3)
    np.testing.assert_array_equal(first, third)
    assert given(f"{ARRAY}{paths[0]}") is first


def test_peers_of_images_and_of_texts_race_apart():
    seeing = {name for name, peer in read_peers().items() if peer.inputs == "images"}
    assert len(seeing) == 3
    assert {each.name for each in entrants("model", [], None, "images") if not each.ours} == seeing
    assert seeing.isdisjoint(read_peers().keys() - seeing)
    assert {each.name for each in entrants("model", ["some"], [], "texts")} == {"some"}


def test_memory_is_that_of_one_process(capsys):
    assert main(["--memory", "3", "--quick", "--backend", "reference"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["vectors"] == 3
    assert 20 < found["peak MB"] < 2000
