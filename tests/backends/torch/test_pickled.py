"""Files that torch itself has written are read without torch, with the numbers that torch reads."""

import pickled_files as write
import pytest
import torch

from isomorph.files.folder import Folder
from isomorph.files.weights import read_tensors

NAME = "pytorch_model.bin"
DTYPES = (
    "float64 float32 float16 bfloat16 int64 int32 int16 int8 uint8 bool uint16 float8_e4m3fn"
).split()


def saved(folder, content, **options):
    torch.save(content, folder / NAME, **options)
    return read_tensors(Folder(folder), "")


@pytest.fixture
def tensors():
    shared = torch.arange(24, dtype=torch.float32).reshape(4, 6)
    layer = torch.nn.Linear(3, 2)
    found = {
        "whole": shared,
        "turned": shared.t(),
        "rows": shared[1:3],
        "column": shared[:, 2],
        "scalar": torch.tensor(3.0),
        "empty": torch.zeros(0, 4),
        "trained": torch.nn.Parameter(torch.ones(2, 2)),
        **layer.state_dict(prefix="layer."),
    }
    found |= {name: torch.arange(3).to(getattr(torch, name)) for name in DTYPES[:10]}
    return found


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_the_tensors_of_a_file_of_torch(tmp_path, tensors, zipped, protocol):
    options = {"_use_new_zipfile_serialization": zipped, "pickle_protocol": protocol}
    found = saved(tmp_path, tensors, **options)
    assert list(found) == list(tensors)
    for name, want in tensors.items():
        assert found[name].shape == tuple(want.shape)
        got = torch.from_numpy(found[name].numpy().copy())
        assert torch.equal(got, want.detach().float() if want.is_floating_point() else want)


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("name", DTYPES)
def test_every_type_of_numbers(tmp_path, zipped, name):
    want = torch.arange(7).to(getattr(torch, name))
    found = saved(tmp_path, {"x": want}, _use_new_zipfile_serialization=zipped)["x"]
    with (tmp_path / NAME).open("rb") as file:
        stored = file.read()[found.offset : found.offset + found.nbytes]
    assert stored == want.view(torch.uint8).numpy().tobytes()


@pytest.mark.parametrize("zipped", [True, False])
def test_the_state_of_a_module(tmp_path, zipped):
    layer = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2))
    found = saved(tmp_path, layer.state_dict(), _use_new_zipfile_serialization=zipped)
    assert list(found) == list(layer.state_dict())


@pytest.mark.parametrize("layout", write.LAYOUTS)
def test_torch_reads_what_the_tests_write(tmp_path, tensors, layout):
    arrays = {name: tensors[name].numpy() for name in ("whole", "scalar", "empty", "int64")}
    (tmp_path / NAME).write_bytes(write.LAYOUTS[layout](arrays))
    found = torch.load(tmp_path / NAME, weights_only=True)
    assert all(torch.equal(found[name], tensors[name]) for name in arrays)


@pytest.mark.parametrize(
    "value", [torch.eye(2).to_sparse(), torch.complex(torch.ones(1), torch.ones(1)), 3, [1], None]
)
def test_what_is_no_plain_tensor_is_refused(tmp_path, value):
    from isomorph.errors import BadModel

    with pytest.raises(BadModel, match="cannot be read as pickled weights"):
        saved(tmp_path, {"x": value})
