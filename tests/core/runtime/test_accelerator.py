"""What no CPU does: fixed shapes, several devices in one process, little memory, compiles that are kept."""

from __future__ import annotations

from collections import Counter
from importlib import metadata

import numpy as np
import pytest

from isomorph import SentenceTransformer
from isomorph.compile_cache import VARIABLE
from isomorph.errors import DeviceUnavailable, InputError, OutOfMemory, Unsupported
from isomorph.plugins import discovery
from isomorph.testing.accelerator import BATCHES, KIND, MACHINE

WORDS = "the river carries small stones from a high valley to the sea".split()
TEXTS = [" ".join(WORDS[: 1 + n % 11] * (1 + n % 5)) for n in range(60)]


@pytest.fixture(autouse=True)
def machine(monkeypatch, tmp_path):
    """The accelerator among the plugins of this process, as large and as fast as can be."""
    meta = tmp_path / "site" / "fake_accelerator-1.0.dist-info"
    meta.mkdir(parents=True)
    (meta / "METADATA").write_text("Metadata-Version: 2.1\nName: fake-accelerator\nVersion: 1.0\n")
    (meta / "entry_points.txt").write_text(f"[isomorph]\n{KIND} = isomorph.testing.accelerator\n")
    (found,) = metadata.distributions(path=[str(meta.parent)])
    entries = metadata.entry_points(group=discovery.GROUP)
    plugins = discovery.discover([*entries, *found.entry_points])
    for module in ("plugins.discovery", "plugins.table", "plugins.reading", "runtime.selection"):
        monkeypatch.setattr(f"isomorph.{module}.installed", lambda: plugins)
    MACHINE.reset()
    yield MACHINE
    MACHINE.reset()


@pytest.fixture
def expected(folder):
    reference = SentenceTransformer(folder, backend="reference")
    reference.max_seq_length = BATCHES.longest
    return reference


@pytest.fixture
def model(folder):
    with SentenceTransformer(folder, backend=KIND) as loaded:
        yield loaded


def close_to(found, expected):
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5 * np.abs(expected).max())


def shapes(machine):
    return Counter(shape for _, shape in machine.ran.elements())


@pytest.mark.parametrize("batch_size", [None, 3, 100])
def test_only_the_shapes_that_it_claims_come_whatever_is_asked(
    model, expected, machine, batch_size
):
    close_to(model.encode(TEXTS, batch_size=batch_size), expected.encode(TEXTS))
    close_to(model.encode(TEXTS[0]), expected.encode(TEXTS[0]))
    close_to(model.encode(TEXTS[:5], deterministic=True), expected.encode(TEXTS[:5]))
    assert len(shapes(machine)) > 1
    for rows, width in shapes(machine):
        assert rows in BATCHES.rows
        assert width in BATCHES.widths
        assert rows * width <= max(BATCHES.tokens, width)
        assert batch_size is None or rows <= max(4, batch_size)


def test_texts_are_cut_at_its_last_width(model, expected, machine):
    long = " ".join(WORDS * 20)
    assert model.max_seq_length == BATCHES.longest
    close_to(model.encode(long, on_long="report"), expected.encode(long, on_long="report"))
    assert model.report().truncated == (0,)
    with pytest.raises(InputError, match=f"longer than {BATCHES.longest} tokens"):
        model.encode([long, "short"], on_long="error")
    with pytest.raises(InputError, match="have 48 tokens at most, not 64"):
        model.max_seq_length = 64


def test_a_call_for_two_devices_runs_on_both_in_this_process(model, expected, machine):
    machine.reset(compiling=0.01)
    close_to(model.encode(TEXTS, device=["fake:0", "fake:1"]), expected.encode(TEXTS))
    assert {device for device, _ in machine.ran} == {"fake:0", "fake:1"}
    with pytest.raises(InputError, match="leave chunk_size out"):
        model.encode(TEXTS, device=["fake:0", "fake:1"], chunk_size=3)
    with pytest.raises(DeviceUnavailable, match="'fake:7' was asked for"):
        model.encode(TEXTS, device=["fake:0", "fake:7"])
    with pytest.raises(Unsupported, match="belong to one process"):
        model.start_multi_process_pool()


def test_a_group_of_devices_is_one_device(folder, expected, machine):
    with SentenceTransformer(folder, backend=KIND, device="fake:0-1") as model:
        close_to(model.encode(TEXTS), expected.encode(TEXTS))
        assert str(model.device) == model.report().device == "fake:0-1"
    assert {device for device, _ in machine.ran} == {"fake:0-1"}


def test_where_memory_is_short_forwards_get_smaller_and_stay_so(model, expected, machine):
    machine.reset(memory=64)
    close_to(model.encode(TEXTS), expected.encode(TEXTS))
    refused = machine.refused
    assert 0 < refused < 6
    assert all(rows * width <= 64 for rows, width in shapes(machine))
    model.encode(TEXTS)
    assert machine.refused == refused, "what does not fit is known by now"


def test_a_text_that_does_not_fit_alone_is_told(model, machine):
    machine.reset(memory=16)
    assert model.encode("short").shape
    with pytest.raises(
        OutOfMemory, match=r"\(1, 48\).*One input, padded to 48 positions.*cut inputs"
    ):
        model.encode(" ".join(WORDS * 3))
    machine.reset(memory=1)
    model.close()
    with pytest.raises(OutOfMemory, match="no room for /"):
        model.encode("short")


def test_warming_up_compiles_all_shapes_once(model, machine):
    wanted = {(1, 16), (4, 16), (16, 16), (1, 48), (4, 48)}
    assert model.warm_up() == len(wanted)
    assert set(machine.compiled) == wanted
    model.encode(TEXTS)
    assert set(machine.compiled.values()) == {1}
    assert model.report().details["shapes"] == "1x16, 1x48, 4x16, 4x48, 16x16"
    assert "details" in str(model.report())


def test_warming_up_leaves_out_what_does_not_fit(model, machine):
    machine.reset(memory=64)
    assert model.warm_up() == 3
    assert machine.refused == 1


def test_what_was_compiled_is_found_again_and_a_damaged_file_is_compiled_anew(
    folder, machine, tmp_path, monkeypatch
):
    monkeypatch.setenv("ISOMORPH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv(VARIABLE, "1MB")
    found = []
    for damaged in (False, False, True):
        if damaged:
            for file in (tmp_path / "cache").rglob("program.json"):
                file.write_bytes(b"\xff")
        machine.reset()
        with SentenceTransformer(folder, backend=KIND) as model:
            found.append((model.encode(TEXTS), sum(machine.compiled.values())))
    (first, some), (again, none), (anew, all_of_them) = found
    close_to(again, first)
    close_to(anew, first)
    assert (none, all_of_them) == (0, some)


def test_half_precision_is_claimed_where_it_is_asked_for(folder, expected, machine):
    wanted = expected.encode(TEXTS)
    kwargs = {"dtype": "float16"}
    with SentenceTransformer(folder, backend=KIND, model_kwargs=kwargs) as model:
        found = model.encode(TEXTS)
        assert model.report().precision == "float16"
    off = np.abs(found - wanted).max() / np.abs(wanted).max()
    assert 1e-6 < off < 1e-2
    for wrong, said in (
        ({"dtype": "bfloat16"}, "no bfloat16"),
        ({"cores": 1}, "'cores' have no effect"),
    ):
        with pytest.raises(Unsupported, match=said):
            SentenceTransformer(folder, backend=KIND, model_kwargs=wrong)
