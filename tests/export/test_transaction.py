"""Whatever goes wrong, no folder appears, and one that was there stays as it was."""

import copy
from pathlib import Path

import pytest
import torch
from torch import nn

from isomorph.errors import ExportFailed, InputError
from isomorph.export import export_model
from isomorph.plugins import Plugins


class Changed(nn.Module):
    """The chain, with its last results changed."""

    def __init__(self, chain, change):
        super().__init__()
        self.chain, self.change = chain, change

    def forward(self, values):
        results = self.chain(values)
        return {**results, "sentence_embedding": self.change(results["sentence_embedding"])}


def without_a_weight(chain):
    poorer = copy.deepcopy(chain)
    weights = [p for p in poorer.parameters() if p.dim() == 1]
    weights[-1].data.zero_()
    return poorer


def not_a_number(chain):
    return Changed(chain, lambda x: torch.where(x > x.amax(1, keepdim=True) - 1e-6, torch.nan, x))


def one_row_at_a_time(chain):
    return Changed(chain, lambda x: x[:1])


def rows_mixed_up(chain):
    return Changed(chain, lambda x: x.flip(0))


def untraceable(chain):
    return Changed(chain, lambda x: x if x.sum().item() > 0 else -x)


MUTANTS = {
    without_a_weight: "differs by",
    not_a_number: "not finite|does not run",
    one_row_at_a_time: "shape|does not run",
    rows_mixed_up: "differs by",
    untraceable: "raised",
}


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.__name__)
def test_a_wrong_exporter_publishes_nothing(backend, glowworm, tmp_path, mutate, mutant):
    mutate(backend, mutant)
    with pytest.raises(ExportFailed, match=MUTANTS[mutant]) as caught:
        export_model(glowworm, backend, tmp_path / "made")
    assert backend in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_the_message_says_which_probe(backend, glowworm, tmp_path, mutate):
    mutate(backend, without_a_weight)
    with pytest.raises(ExportFailed, match=r"probe '.*' at \d+ tokens, .*'sentence_embedding'"):
        export_model(glowworm, backend, tmp_path / "made")


def test_an_exporter_that_writes_nothing_is_refused(backend, glowworm, tmp_path, monkeypatch):
    monkeypatch.setattr(Plugins, "exporter", lambda *_: lambda *_: None)
    with pytest.raises(ExportFailed, match="isomorph export|no artefact"):
        export_model(glowworm, backend, tmp_path / "made")
    assert list(tmp_path.iterdir()) == []


def contents(folder: Path):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_an_existing_folder_is_not_touched(backend, glowworm, exported, copy_of):
    folder = copy_of(exported)
    before = contents(folder)
    with pytest.raises(InputError, match="exists"):
        export_model(glowworm, backend, folder)
    assert contents(folder) == before


def test_force_keeps_the_old_where_the_new_fails(backend, glowworm, exported, copy_of, mutate):
    folder = copy_of(exported)
    before = contents(folder)
    mutate(backend, without_a_weight)
    with pytest.raises(ExportFailed):
        export_model(glowworm, backend, folder, force=True)
    assert contents(folder) == before
    assert list(folder.parent.iterdir()) == [folder]


def test_force_keeps_the_old_where_the_swap_fails(
    backend, glowworm, exported, copy_of, monkeypatch
):
    folder = copy_of(exported)
    before = contents(folder)
    honest = Path.replace

    def replace(self, target):
        if self.name == "new":
            raise OSError("the disk is gone")
        return honest(self, target)

    monkeypatch.setattr(Path, "replace", replace)
    with pytest.raises(OSError, match="the disk is gone"):
        export_model(glowworm, backend, folder, force=True)
    assert contents(folder) == before
    assert list(folder.parent.iterdir()) == [folder]


def test_force_replaces_an_export(backend, glowworm, exported, copy_of):
    folder = copy_of(exported)
    (folder / "stale").write_text("")
    made = export_model(glowworm, backend, folder, force=True)
    assert made.artefact.is_file()
    assert not (folder / "stale").exists()
    assert (folder / "model.safetensors").is_file(), "weights are copied unless they are not wanted"
    assert list(folder.parent.iterdir()) == [folder]


def test_force_replaces_nothing_but_exports(backend, glowworm, tmp_path):
    (tmp_path / "letters.txt").write_text("dear")
    with pytest.raises(InputError, match="not an earlier export"):
        export_model(glowworm, backend, tmp_path, force=True)
    for place in (glowworm, glowworm / "inside", glowworm.parent):
        with pytest.raises(InputError, match="overlaps"):
            export_model(glowworm, backend, place, force=True)
