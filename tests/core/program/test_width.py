"""The width of a model with kinds of modules that a plugin brings, whatever they say about theirs."""

from __future__ import annotations

import json
import shutil
from types import ModuleType

import numpy as np
import pytest

from isomorph import SentenceTransformer, installed
from isomorph.card.about import about
from isomorph.contract import Module
from isomorph.errors import InputError
from isomorph.hookspecs import hookimpl
from isomorph.kinds import ModuleKind
from isomorph.plugins import table
from isomorph.plugins.reading import read_model
from isomorph.primitives import ops
from isomorph.program.width import widths
from isomorph.testing import session_laws
from isomorph.testing.compare import LawBroken
from isomorph.testing.models import write

SENTENCE = ("sentence_embedding",)
OWN = ("whatever",)


@pytest.fixture
def offer():
    """Registers kinds as an installed plugin does; they are gone after the test."""
    plugin, manager = ModuleType("theirs"), installed().manager

    def kinds(*offered):
        plugin.isomorph_modules = hookimpl(lambda: offered)
        plugin.isomorph_modules.__name__ = "isomorph_modules"
        manager.register(plugin, "theirs")
        table._table.cache_clear()

    yield kinds
    if manager.is_registered(plugin):
        manager.unregister(plugin)
    table._table.cache_clear()


def kind(name, reads=SENTENCE, writes=SENTENCE, **said):
    def read(source):
        return Module(name, source.name, folder=source.path, inputs=reads, outputs=writes)

    return ModuleKind(name=name, classes=(f"theirs.{name}",), read=read, **said)


def halves(module, weights, values):
    (vectors,) = (values[name] for name in module.inputs)
    half = vectors[..., : vectors.shape[-1] // 2]
    return {name: np.ascontiguousarray(half) for name in module.outputs}


def doubles(module, weights, values):
    (vectors,) = (values[name] for name in module.inputs)
    return {name: ops.concat([vectors, vectors], axis=1) for name in module.outputs}


def behind(folder, *names):
    """A tiny model of width 16 with modules of theirs behind it."""
    write("bert", folder)
    entries = json.loads((folder / "modules.json").read_text("utf-8"))
    for name in names:
        index = len(entries)
        entries.append({"idx": index, "name": str(index), "path": "", "type": f"theirs.{name}"})
    (folder / "modules.json").write_text(json.dumps(entries), "utf-8")
    return folder


def agree(folder, backend, width):
    """What is told before anything is loaded, what comes, and which `out` fits."""
    model = SentenceTransformer(folder, backend=backend)
    assert model.get_embedding_dimension() == width
    assert model.encode([]).shape == (0, width)
    vectors = model.encode(["one", "two words"])
    assert vectors.shape == (2, width)
    out = np.zeros((2, width), np.float32)
    assert np.array_equal(model.encode(["one", "two words"], out=out), vectors)
    with pytest.raises(InputError, match="out"):
        model.encode(["one", "two words"], out=np.zeros((2, width + 1), np.float32))
    return model


@pytest.fixture
def plain(tmp_path):
    """The width without modules of theirs."""
    return read_model(behind(tmp_path / "plain"))


def width_of(model):
    return widths(model)["sentence_embedding"]


def test_a_kernel_that_says_nothing_is_tried(offer, backend, plain, tmp_path):
    offer(kind("halve", kernel=halves))
    agree(behind(tmp_path / "model", "halve"), backend, width_of(plain) // 2)


def test_what_lowers_is_followed(offer, backend, plain, tmp_path):
    offer(kind("double", lower=doubles))
    agree(behind(tmp_path / "model", "double"), backend, 2 * width_of(plain))


def test_a_kind_that_says_its_width_is_believed(offer, backend, plain, tmp_path):
    offer(kind("halve", kernel=halves, width=lambda module, width: width // 2))
    agree(behind(tmp_path / "model", "halve"), backend, width_of(plain) // 2)


def test_values_with_names_of_their_own_are_followed(offer, backend, plain, tmp_path):
    offer(
        kind("first", writes=OWN, lower=doubles),
        kind("second", reads=OWN, kernel=halves),
        kind("third", kernel=halves),
    )
    folder = behind(tmp_path / "model", "first", "second", "third")
    agree(folder, backend, width_of(plain) // 2)


def test_a_width_survives_saving(offer, backend, plain, tmp_path):
    offer(kind("halve", kernel=halves))
    model = SentenceTransformer(behind(tmp_path / "model", "halve"), backend=backend)
    model.save_pretrained(tmp_path / "saved")
    agree(tmp_path / "saved", backend, width_of(plain) // 2)


def picky(module, weights, values):
    (vectors,) = (values[name] for name in module.inputs)
    assert not (vectors == 1).all()
    return halves(module, weights, values)


def test_where_a_kernel_cannot_bear_a_made_up_batch_a_forward_tells(
    offer, backend, plain, tmp_path
):
    offer(kind("picky", kernel=picky))
    folder = behind(tmp_path / "model", "picky")
    assert width_of(read_model(folder)) is None
    agree(folder, backend, width_of(plain) // 2)


def test_no_forward_is_run_for_a_card(offer, tmp_path):
    offer(kind("picky", kernel=picky))
    model = SentenceTransformer(behind(tmp_path / "model", "picky"), backend="reference")
    assert about(model).dimension is None
    assert not model._loaded.pipeline.is_open


def test_a_kind_that_says_a_wrong_width_breaks_a_law_of_the_kit(offer, plain, tmp_path):
    from isomorph.contract import BackendInfo
    from isomorph.reference.backend import CPU, ReferenceBackend
    from isomorph.testing.feeds import batches
    from isomorph.testing.subject import Case, Subject

    offer(kind("halve", kernel=halves, width=lambda module, width: width))
    model = read_model(behind(tmp_path / "model", "halve"))
    subject = Subject(BackendInfo("reference", ""), ReferenceBackend(), CPU, tmp_path)
    subject._cases["theirs"] = Case("theirs", model, batches(model))
    with pytest.raises(LawBroken, match="are told"):
        session_laws.widths_are_told(subject, "theirs")
    subject.close()
    shutil.rmtree(tmp_path / "model")
