"""A model's folder is replaced while the model lives: its vectors are those of one model, or an error."""

from __future__ import annotations

import copy
import json
import pickle
import shutil
import struct
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from isomorph import SentenceTransformer
from isomorph.errors import ModelChanged
from isomorph.testing import models

DOCUMENTS = [f"the cat sat {number}" for number in range(40)]
QUERY = "the red dog ran"
WEIGHTS = "model.safetensors"


@pytest.fixture(scope="module")
def old(tmp_path_factory):
    return models.write("pool-cls", tmp_path_factory.mktemp("models") / "old")


@pytest.fixture(scope="module", params=["as they were", "in another order"])
def new(request, old, tmp_path_factory):
    """The same architecture with other weights, whose tensors stand in the file as named."""
    folder = shutil.copytree(old, tmp_path_factory.mktemp("models") / "new")
    retrain(folder / WEIGHTS, backwards=request.param != "as they were")
    return folder


@pytest.fixture
def folder(old, tmp_path):
    return shutil.copytree(old, tmp_path / "model")


def retrain(file, backwards):
    content = file.read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    head, data = json.loads(content[8 : 8 + length]), content[8 + length :]
    names = [name for name in head if name != "__metadata__"]
    rng, body, entries = np.random.default_rng(1), b"", {}
    for name in reversed(names) if backwards else names:
        values = np.frombuffer(data[slice(*head[name]["data_offsets"])], np.float32)
        changed = (values * rng.uniform(0.5, 1.7, values.shape)).astype(np.float32).tobytes()
        entries[name] = {**head[name], "data_offsets": [len(body), len(body) + len(changed)]}
        body += changed
    encoded = json.dumps(entries).encode()
    encoded += b" " * (-len(encoded) % 8)
    file.write_bytes(struct.pack("<Q", len(encoded)) + encoded + body)


def swap(folder, new):
    """As a deployment does it: another folder takes the name."""
    folder.rename(folder.with_name("before"))
    shutil.copytree(new, folder)


def vectors_or_error(call):
    try:
        return call()
    except ModelChanged as error:
        return error


def is_one_of(found, *expected):
    return any(np.allclose(found, each, atol=1e-4) for each in expected)


def test_a_model_that_has_run_stays_the_model_that_was_loaded(folder, old, new, backend):
    before = SentenceTransformer(old, backend=backend)
    model = SentenceTransformer(folder, backend=backend)
    first = model.encode(DOCUMENTS)
    swap(folder, new)
    query = vectors_or_error(lambda: model.encode(QUERY))
    tokens = vectors_or_error(lambda: model.encode(QUERY, output_value="token_embeddings"))
    assert is_one_of(model.encode(DOCUMENTS), first)
    if not isinstance(query, ModelChanged):
        assert is_one_of(query, before.encode(QUERY))
    if not isinstance(tokens, ModelChanged):
        assert is_one_of(tokens, before.encode(QUERY, output_value="token_embeddings"))


def test_a_model_that_has_not_run_is_the_old_one_or_an_error(folder, old, new, backend):
    model = SentenceTransformer(folder, backend=backend)
    swap(folder, new)
    found = vectors_or_error(lambda: model.encode(DOCUMENTS))
    if not isinstance(found, ModelChanged):
        assert is_one_of(found, SentenceTransformer(old, backend=backend).encode(DOCUMENTS))


def test_a_model_whose_folder_is_gone_works_or_says_so(folder, old, backend):
    model = SentenceTransformer(folder, backend=backend)
    shutil.rmtree(folder)
    found = vectors_or_error(lambda: model.encode(DOCUMENTS))
    if isinstance(found, ModelChanged):
        assert "is gone since it was read" in str(found)
    else:
        assert is_one_of(found, SentenceTransformer(old, backend=backend).encode(DOCUMENTS))


def test_a_reader_beside_a_saver_never_gets_a_mixture(folder, old, new):
    first, second = (SentenceTransformer(each, backend="reference") for each in (old, new))
    expected = [each.encode(QUERY) for each in (first, second)]
    done = threading.Event()

    def save():
        while not done.is_set():
            for each in (second, first):
                each.save_pretrained(folder, create_model_card=False)

    saver = threading.Thread(target=save)
    saver.start()
    try:
        for _ in range(12):
            found = vectors_or_error(
                lambda: SentenceTransformer(folder, backend="reference").encode(QUERY)
            )
            assert isinstance(found, ModelChanged) or is_one_of(found, *expected)
    finally:
        done.set()
        saver.join()


def test_weights_that_are_cut_off_in_place_end_a_call_and_not_the_process(folder, backend):
    program = """
import sys
from isomorph import SentenceTransformer
from isomorph.errors import ModelChanged
folder, backend = sys.argv[1:]
model = SentenceTransformer(folder, backend=backend)
model.encode(["the cat", "sat on", "the mat"])
with open(f"{folder}/model.safetensors", "r+b") as weights:
    weights.truncate(1000)
for texts in (["the cat", "sat on", "the mat"], "the cat"):
    try:
        model.encode(texts)
    except ModelChanged as error:
        print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", program, str(folder), backend],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.count("was written to since it was read") == 2


def test_copies_and_pools_of_a_replaced_folder_are_refused(folder, new):
    model = SentenceTransformer(folder, backend="reference")
    model.encode(QUERY)
    sent = pickle.dumps(model)
    swap(folder, new)
    for attempt in (lambda: copy.copy(model), lambda: pickle.dumps(model)):
        with pytest.raises(ModelChanged):
            attempt()
    with pytest.raises(ModelChanged):
        pickle.loads(sent)
    with pytest.raises(ModelChanged):
        model.start_multi_process_pool(["cpu"])


def test_what_was_pickled_is_read_from_a_folder_of_the_same_content(folder):
    model = SentenceTransformer(folder, backend="reference")
    expected, sent = model.encode(QUERY), pickle.dumps(model)
    swap(folder, folder.with_name("before"))
    assert np.array_equal(pickle.loads(sent).encode(QUERY), expected)


def test_a_model_that_was_saved_over_its_own_folder_goes_on(folder, backend):
    model = SentenceTransformer(folder, backend=backend)
    model.max_seq_length = 7
    model.save_pretrained(folder, create_model_card=False)
    expected = SentenceTransformer(folder, backend=backend).encode(DOCUMENTS)
    assert is_one_of(model.encode(DOCUMENTS), expected)
    assert is_one_of(copy.copy(model).encode(DOCUMENTS), expected)


def test_a_card_that_is_edited_changes_no_model(folder):
    (folder / "README.md").write_text("# A card\n", "utf-8")
    model = SentenceTransformer(folder, backend="reference")
    model.save_pretrained(folder.with_name("first"))
    (folder / "README.md").write_text("# Another card\n", "utf-8")
    model.save_pretrained(folder.with_name("second"))
    assert (folder.with_name("second") / "README.md").read_text("utf-8") == "# Another card\n"
    pickle.loads(pickle.dumps(model))


@pytest.mark.parametrize("name", ["phrases", "bow"])
def test_the_words_of_a_model_are_those_that_were_there_when_it_was_read(name, tmp_path):
    source = Path(__file__).parents[2] / "parity" / "words"
    folder = shutil.copytree(
        next(p for p in source.glob(f"{name}*") if p.is_dir()), tmp_path / name
    )
    model = SentenceTransformer(folder, backend="reference")
    files = [file for file in folder.rglob("*.json") if '"vocab"' in file.read_text("utf-8")]
    assert files
    for file in files:
        file.write_text(file.read_text("utf-8") + "\n", "utf-8")
    with pytest.raises(ModelChanged):
        model.encode(QUERY)
