"""An explanation says which prebuilt file runs."""

from pathlib import Path

import pytest

from isomorph.contract import BackendInfo, Claim, Device
from isomorph.plugins.reading import read_model
from isomorph.reference.backend import ReferenceBackend
from isomorph.runtime.plan import Plan
from isomorph.testing.models import write

INFO = BackendInfo("any", "any:Any")
CPU = Device("cpu")


@pytest.mark.parametrize("inside", [True, False])
def test_the_prebuilt_file_that_runs_is_named_with_how_it_stores_weights(inside, tmp_path):
    model = read_model(write("bert", tmp_path))
    file = (model.folder if inside else Path("/elsewhere")) / "made" / "model_int8.any"
    claim = Claim(CPU, len(model.graph), weights="int8", artifact=file)
    said = Plan(model, INFO, ReferenceBackend(), claim).explain()
    name = "made/model_int8.any" if inside else file.as_posix()
    assert said.notes == (f"any runs the file {name} (int8).",)
    assert str(said).endswith(said.notes[0])


def test_nothing_is_said_of_files_where_the_weights_run(tmp_path):
    model = read_model(write("bert", tmp_path))
    claim = Claim(CPU, len(model.graph))
    assert Plan(model, INFO, ReferenceBackend(), claim).explain().notes == ()
