"""What is under the output's name, before, during and after; with a model that every backend lowers."""

from pathlib import Path

import pytest

from isomorph.errors import BackendNotFound, ExportFailed, InputError, Unsupported
from isomorph.export import export_model
from isomorph.plugins.discovery import installed


@pytest.fixture
def earlier(lowering, tiny, tmp_path):
    """An export, alone in its parent folder."""
    return export_model(tiny, lowering, tmp_path / "models" / "made").folder


def contents(folder: Path):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_an_existing_folder_is_not_touched(lowering, tiny, earlier):
    before = contents(earlier.parent)
    with pytest.raises(InputError, match=r"exists. .*--force, in Python force=True"):
        export_model(tiny, lowering, earlier)
    assert contents(earlier.parent) == before


def test_force_keeps_the_old_where_the_new_fails(lowering, tiny, earlier):
    before = contents(earlier.parent)
    with pytest.raises(ExportFailed, match="differs by"):
        export_model(tiny, lowering, earlier, force=True, tolerance=0.0)
    assert contents(earlier.parent) == before
    assert list(earlier.parent.iterdir()) == [earlier]


def test_force_keeps_the_old_where_the_swap_fails(lowering, tiny, earlier, monkeypatch):
    before = contents(earlier.parent)

    def exchange(one, other):
        raise OSError("the disk is gone")

    monkeypatch.setattr("isomorph.machine.exchange.exchange", exchange)
    with pytest.raises(OSError, match="the disk is gone"):
        export_model(tiny, lowering, earlier, force=True)
    assert contents(earlier.parent) == before
    assert list(earlier.parent.iterdir()) == [earlier]


def test_force_replaces_an_export(lowering, tiny, earlier):
    (earlier / "stale").write_text("")
    made = export_model(tiny, lowering, earlier, force=True, weights=False)
    assert made.artifact.is_file()
    assert made.artifact.is_relative_to(earlier)
    assert not (earlier / "stale").exists()
    assert not (earlier / "model.safetensors").exists()
    assert list(earlier.parent.iterdir()) == [earlier]


def test_a_folder_that_appears_meanwhile_stays(lowering, tiny, tmp_path, monkeypatch):
    from isomorph.export import export

    target = tmp_path / "made"
    honest = export.prove

    def prove(*arguments):
        target.mkdir()
        (target / "letters.txt").write_text("dear")
        return honest(*arguments)

    monkeypatch.setattr(export, "prove", prove)
    with pytest.raises(InputError, match="exists"):
        export_model(tiny, lowering, target)
    assert [path.name for path in target.iterdir()] == ["letters.txt"]
    assert list(tmp_path.iterdir()) == [target]


def test_force_replaces_nothing_but_exports(lowering, tiny, tmp_path):
    (tmp_path / "letters.txt").write_text("dear")
    with pytest.raises(InputError, match="not an earlier export"):
        export_model(tiny, lowering, tmp_path, force=True)
    for place in (tiny, tiny / "inside", tiny.parent):
        with pytest.raises(InputError, match="overlaps"):
            export_model(tiny, lowering, place, force=True)


def test_an_unknown_backend_is_named_with_those_there_are(tiny, tmp_path):
    with pytest.raises(BackendNotFound, match=r"installed backends are: .*reference"):
        export_model(tiny, "nobody", tmp_path / "made")
    assert list(tmp_path.iterdir()) == []


def test_backends_that_run_weights_have_nothing_to_export(tiny, tmp_path):
    exporting = {info.name for info in installed().exporters}
    for info in installed().infos:
        if info.name in exporting:
            continue
        with pytest.raises(Unsupported, match="nothing to export"):
            export_model(tiny, info.name, tmp_path / "made")
        assert list(tmp_path.iterdir()) == []
