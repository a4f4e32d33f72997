"""Pickled weights: places in their file, in both layouts, and nothing in them is looked up or run."""

from __future__ import annotations

import io
import json
import random
import shutil
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pickled_files as write
import pytest
from hostile.mutate import mutated_bytes
from safetensors.numpy import load_file

from isomorph import SentenceTransformer, installed
from isomorph.errors import BadModel
from isomorph.files.folder import Folder
from isomorph.files.pickled.tensors import pickled_shapes
from isomorph.files.weights import read_tensors
from isomorph.plugins.reading import read_model
from isomorph.testing import models

NAME = write.NAME
MODELS = Path(__file__).parents[2] / "parity" / "models"
BACKENDS = [info.name for info in installed().infos]
SOME = {
    "a": np.arange(12, dtype=np.float32).reshape(3, 4),
    "b": np.arange(5, dtype=np.int64),
    "c": np.zeros((0, 3), np.float16),
    "d": np.float64(2.5).reshape(()),
}
KEPT = write.storage("0", "FloatStorage", 12)
BYTES = SOME["a"].tobytes()


@pytest.fixture
def read(tmp_path):
    def made(content):
        (tmp_path / NAME).write_bytes(content)
        return read_tensors(Folder(tmp_path), "")

    return made


def one(pickle, order="little"):
    """A file with one storage of twelve numbers."""
    return write.archive(write.BEGIN + pickle + write.END, {"0": BYTES}, order)


def of(tensor):
    return one(write.mapping({"x": tensor}))


@pytest.mark.parametrize("layout", write.LAYOUTS)
def test_the_tensors_of_a_file(read, layout):
    found = read(write.LAYOUTS[layout](SOME))
    assert list(found) == list(SOME)
    for name, want in SOME.items():
        assert found[name].shape == want.shape
        assert np.array_equal(found[name].raw(), want)
        assert found[name].raw().dtype == want.dtype
        assert found[name].made is None


def test_storages_are_mapped_and_not_copied(read):
    tensor = read(of(write.tensor(KEPT, (3, 4), (4, 1))))["x"]
    assert not tensor.raw().flags.writeable
    with tensor.file.open("rb") as file:
        assert file.read()[tensor.offset :][: len(BYTES)] == BYTES


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("layout", write.LAYOUTS)
def test_every_backend_gives_the_vectors_of_the_same_weights_in_safetensors(
    tmp_path, backend, layout
):
    folder = models.write("dense-tanh", tmp_path / "model")
    want = SentenceTransformer(folder, backend=backend).encode("a river")
    write.convert(folder, layout)
    write.convert(folder / "2_Dense", layout)
    got = SentenceTransformer(folder, backend=backend).encode("a river")
    np.testing.assert_allclose(got, want, rtol=0, atol=1e-6)


def test_shards(tmp_path):
    folder = Path(shutil.copytree(MODELS / "bert-mean", tmp_path / "model"))
    want = load_file(folder / "model.safetensors")
    (folder / "model.safetensors").unlink()
    names = sorted(want)
    where = {}
    for number, part in enumerate((names[::2], names[1::2])):
        shard = f"pytorch_model-{number}.bin"
        (folder / shard).write_bytes(write.zipped({name: want[name] for name in part}))
        where |= dict.fromkeys(part, shard)
    (folder / f"{NAME}.index.json").write_text(json.dumps({"weight_map": where}))
    found = read_tensors(Folder(folder), "")
    assert all(np.array_equal(found[name].raw(), want[name]) for name in names)


def test_safetensors_are_preferred(tmp_path):
    folder = models.write("bert", tmp_path / "model")
    (folder / NAME).write_bytes(b"of nobody")
    read_model(folder)


@pytest.mark.parametrize(
    ("shape", "strides", "offset"),
    [((4, 3), (1, 4), 0), ((2, 2), (4, 1), 5), ((3,), (4,), 1), ((3, 1, 4), (4, 99, 1), 0)],
)
def test_views_have_the_numbers_that_their_strides_say(read, shape, strides, offset):
    found = read(of(write.tensor(KEPT, shape, strides, offset)))["x"]
    flat = SOME["a"].ravel()[offset:]
    want = np.lib.stride_tricks.as_strided(flat, shape, [step * 4 for step in strides])
    assert np.array_equal(found.numpy(), want)
    assert np.array_equal(found.rows(0, 1).numpy(), want[:1])


def test_tensors_that_share_a_storage(read):
    rows = {str(row): write.tensor(KEPT, (4,), (1,), 4 * row) for row in range(3)}
    found = read(one(write.mapping(rows)))
    assert all(np.array_equal(found[str(row)].raw(), SOME["a"][row]) for row in range(3))


def test_parameters_and_versions_of_modules(read):
    tensor = write.tensor(KEPT, (12,), (1,))
    parameter = write.named("torch._utils", "_rebuild_parameter")
    parameter += write.row(tensor, b"\x88", write.ORDERED) + b"R"
    versions = write.mapping({"": write.mapping({"version": write.number(1)}, b"}")})
    metadata = write.mapping({"_metadata": versions}, b"}") + b"b"
    assert list(read(one(write.mapping({"x": parameter}) + metadata))) == ["x"]


def test_a_type_that_is_said_beside_the_bytes(read):
    kept = write.storage("0", "UntypedStorage", 48)
    call = write.named("torch._utils", "_rebuild_tensor_v3")
    shape, strides = write.row(write.number(24)), write.row(write.number(1))
    rest = (write.number(0), shape, strides, b"\x89", write.ORDERED)
    call += write.row(kept, *rest, write.library("bfloat16")) + b"R"
    found = read(of(call))["x"]
    assert found.dtype == "BF16"
    assert np.array_equal(found.raw(), np.frombuffer(BYTES, np.uint16))


def test_a_part_of_a_storage_in_the_old_layout(read):
    part = write.row(write.text("part"), write.number(4), write.number(8))
    kept = write.storage("0", "FloatStorage", 12, part)
    pickle = write.mapping({"x": write.tensor(kept, (3,), (1,), 2)})
    found = read(write.in_a_row(write.BEGIN + pickle + write.END, {"0": (12, BYTES)}))
    assert found["x"].raw().tolist() == [6, 7, 8]


CALLS = ("os.system", "builtins.eval", "torch._utils._rebuild_qtensor", "torch.load", "torch.nn.X")


@pytest.mark.parametrize("name", CALLS)
def test_a_name_that_is_not_on_the_list_is_told_and_not_looked_up(read, name):
    call = write.named(*name.rsplit(".", 1)) + write.row(write.text("touch here")) + b"R"
    loaded = set(sys.modules)
    for pickle in (call, write.mapping({"x": call}), write.text(name) + call):
        with pytest.raises(BadModel, match=f"asks for '{name}'"):
            read(one(pickle))
    assert set(sys.modules) == loaded


INSTRUCTIONS = {
    "INST": b"(ios\nsystem\n", "OBJ": b"(ccollections\nOrderedDict\no",
    "NEWOBJ": b"ccollections\nOrderedDict\n)\x81", "EXT1": b"\x82\x01", "PERSID": b"Px\n",
    "BINBYTES": b"B\x01\0\0\0x", "DUP": b"}2", "LONG4": b"\x8b\x01\0\0\0\x01", "0xff": b"\xff",
}  # fmt: skip


@pytest.mark.parametrize("name", INSTRUCTIONS)
def test_an_instruction_that_is_not_on_the_list_is_told(read, name):
    with pytest.raises(BadModel, match=f"the instruction {name},"):
        read(one(INSTRUCTIONS[name]))


SPOILT = {
    "leaves its storage": of(write.tensor(KEPT, (13,), (1,))),
    "leaves its storage of": of(write.tensor(KEPT, (2,), (12,))),
    "repeats its storage": of(write.tensor(KEPT, (100, 12), (0, 1))),
    "not a whole number": of(write.tensor(KEPT, (-1,), (1,))),
    "a whole number that a file can have": of(write.tensor(KEPT, (2**60,), (0,))),
    "2 sizes and 1 strides": of(write.tensor(KEPT, (2, 2), (1,))),
    "'1' is not in it": of(write.tensor(write.storage("1", "FloatStorage", 1), (1,), (1,))),
    "or cut off": of(write.tensor(write.storage("0", "FloatStorage", 13), (1,), (1,))),
    "more than numbers": of(
        write.named("torch._utils", "_rebuild_tensor_v2")
        + write.row(KEPT, b"K\0", b"))\x89", write.mapping({"h": b"N"}))
        + b"R"
    ),
    "holds a int": one(write.mapping({"x": b"K\x01"})),
    "not tensors by name": one(b"]"),
    "no storage": one(
        write.mapping({"x": write.row(write.text("module"), write.text("x")) + b"Q"})
    ),
    "lowest byte first": one(write.mapping({"x": write.tensor(KEPT, (1,), (1,))}), "big"),
    "names 'x' twice": one(write.ORDERED + b"(" + (write.text("x") + b"N") * 2 + b"u"),
    "a key in its pickle is a int": one(b"}(K\x01K\x01u"),
    "takes a value that is not there": one(b"(0"),
    "never noted": one(b"h\x07"),
    "attributes": one(write.ORDERED + write.mapping({"__class__": b"N"}, b"}") + b"b"),
    "calls 'torch.FloatStorage'": one(write.library("FloatStorage") + b")R"),
    "calls a dict": one(b"})R"),
    "cut off": one(b"X\xff\xff\xff\x7f"),
    "more memory": one(b"]" * 100_000 * 60),
    "neither of the two layouts": b"of nobody",
    "pointer of Git LFS": b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n",
    "tar archive": bytes(257) + b"ustar" + bytes(300),
    "does not begin as": b"\x80\x02}.",
    "without one data.pkl": write.archive(b"", {}).replace(b"data.pkl", b"data.pky"),
    "gives the storage '0' two sizes": write.in_a_row(
        write.BEGIN + write.mapping({"x": write.tensor(KEPT, (1,), (1,))}) + write.END,
        {"0": (11, BYTES)},
    ),
    "something behind the last": write.legacy(SOME) + b"more",
    "ends behind the end of the file": write.in_a_row(
        write.BEGIN + write.mapping({"x": write.tensor(KEPT, (1,), (1,))}) + write.END,
        {"0": (12, BYTES[:40])},
    ),
}


@pytest.mark.parametrize("told", SPOILT)
def test_what_is_no_file_of_plain_tensors_is_refused_by_what_is_wrong(read, told):
    with pytest.raises(BadModel, match=told):
        read(SPOILT[told])


def test_a_compressed_member_is_refused_by_its_name(tmp_path, read):
    import zipfile

    packed = tmp_path / "packed"
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as members:
        members.writestr("archive/data.pkl", bytes(1 << 20))
    with pytest.raises(BadModel, match=r"'archive/data\.pkl' is compressed"):
        read(packed.read_bytes())


def test_the_list_of_members_of_a_file_beyond_4_gb(read):
    content = write.as_large(write.zipped(SOME))
    found = read(content)
    assert all(np.array_equal(found[name].raw(), want) for name, want in SOME.items())
    for size in range(len(content) - 400, len(content)):
        with pytest.raises(BadModel):
            read(content[:size])


def test_a_file_that_is_cut_off_anywhere(read):
    for content in (write.zipped(SOME), write.legacy(SOME)):
        for size in range(0, len(content) - 1, 7):
            with pytest.raises(BadModel):
                read(content[:size])


def test_changed_files_raise_one_error_import_nothing_and_take_little_memory(read):
    """A few of those that `make fuzz` makes without end."""
    drawn, whole = random.Random(0), [make(SOME) for make in write.LAYOUTS.values()]
    loaded = set(sys.modules)
    for number in range(2000):
        content = mutated_bytes(whole[number % 2], drawn)
        try:
            for tensor in read(content).values():
                tensor.raw()
        except BadModel:
            pass
    assert set(sys.modules) == loaded


@pytest.mark.parametrize("piece", [b"]", b"}", b"K\x01", b"(", b")", b"h\0", b"\x94", b"X\0\0\0\0"])
def test_no_pickle_takes_ten_times_the_memory_of_its_file(read, piece):
    content = one(b"N" * 9 + b"q\0" + piece * ((4 << 20) // len(piece)))
    tracemalloc.start()
    try:
        with pytest.raises(BadModel):
            read(content)
        assert tracemalloc.get_traced_memory()[1] < 10 * len(content)
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("layout", write.LAYOUTS)
def test_shapes_are_told_by_the_pickle_alone(read, layout):
    content = write.LAYOUTS[layout]({**SOME, "large": np.zeros(300_000, np.float32)})
    want = read(content)
    stream = Counted(content)
    found = pickled_shapes(stream, len(content), NAME)
    assert {n: (v.dtype, v.shape) for n, v in found.items()} == {
        n: (t.dtype, t.shape) for n, t in want.items()
    }
    assert stream.taken < 10_000


def test_what_is_no_file_of_tensors_has_no_shapes():
    for content in (b"", b"PK\x03\x04", b"\x80\x02.", one(write.text("x"))):
        with pytest.raises(BadModel, match=r"it\.bin cannot be read as pickled weights"):
            pickled_shapes(io.BytesIO(content), len(content), "it.bin")


class Counted(io.BytesIO):
    """Counts the bytes that are read."""

    taken = 0

    def read(self, size=-1):
        found = super().read(size)
        self.taken += len(found)
        return found
