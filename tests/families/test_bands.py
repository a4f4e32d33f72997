"""Which values of programs are said to be bands, and that they are."""

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("transformers")

from families import tiny
from families.cases import CASES

from isomorph.plugins.reading import read_model
from isomorph.program import lower
from isomorph.reference.interpret import Interpreter

WINDOWS = {
    "ModernBert-windows": 6,
    "ModernBert-wide-windows": 40,
    "ModernBertDecoder-layers": None,  # no position sees later ones
    "Gemma3Text-both-ways-odd": 4,
    "Bert-plain": None,
    "Longformer-plain": 4,
}


@pytest.mark.parametrize("name", WINDOWS)
def test_a_band_is_nothing_beside_the_diagonal_and_excludes_the_rest(name, tmp_path):
    family, settings, width = CASES[name]
    tiny.save(tiny.make(family, settings), tmp_path)
    program = lower(read_model(tmp_path))
    window = WINDOWS[name]
    assert set(program.bands.values()) == ({window} - {None})
    mask = np.ones((2, width), np.int64)
    places = np.arange(width)
    near = np.abs(places - places[:, None]) <= (window or 0)
    for value in program.bands:
        alone = replace(program, outputs={"band": value})
        feeds = dict.fromkeys(program.feeds, mask)
        found = Interpreter(alone).run(feeds)["band"]
        np.testing.assert_array_equal(found, np.where(near, 0, -np.inf)[None, None])
