"""The invented model, and what is exported of it once a session."""

import sys
from pathlib import Path

import pytest

from isomorph.plugins.discovery import installed, missing_engines

sys.path.insert(0, str(Path(__file__).parent))  # for invented
HERE = tuple(
    info for info in installed().exporters if not missing_engines(installed().info(info.name))
)
EXPORTERS = tuple(info.name for info in HERE if not missing_engines(info))


def pytest_generate_tests(metafunc):
    """`backend`: every one that can export now. `lowering`: every one that has artifacts."""
    if "backend" in metafunc.fixturenames:
        metafunc.parametrize("backend", EXPORTERS, scope="session")
    if "lowering" in metafunc.fixturenames:
        metafunc.parametrize("lowering", [info.name for info in HERE], scope="session")


@pytest.fixture(scope="session")
def tiny(tmp_path_factory):
    """The folder of a model that every backend lowers."""
    from isomorph.testing.models import write

    return write("everything", tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture(scope="session")
def glowworm(tmp_path_factory):
    """The folder of the invented model; its type is registered with transformers in this process."""
    import invented

    return invented.write(tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="session")
def exported(backend, glowworm, tmp_path_factory):
    """An export of the invented model without its weights. Not to be changed: copy it."""
    from isomorph.export import export_model

    folder = tmp_path_factory.mktemp("exports") / backend
    export_model(glowworm, backend, folder, weights=False)
    return folder


@pytest.fixture
def mutate(monkeypatch):
    """mutate(backend, change): its exporter sees ``change(module)`` in place of the live module."""
    from isomorph.plugins.discovery import Plugins

    honest = Plugins.exporter

    class Mutated:
        def __init__(self, session, change):
            modules = {n: p for n, p in session.native.items() if hasattr(p, "parameters")}
            self.native = {**session.native, **{n: change(p) for n, p in modules.items()}}

    def settle(backend, change):
        def exporter(plugins, name):
            export = honest(plugins, name)
            assert name == backend
            return lambda model, session, folder: export(model, Mutated(session, change), folder)

        monkeypatch.setattr(Plugins, "exporter", exporter)

    return settle


@pytest.fixture
def copy_of(tmp_path):
    """copy_of(folder): the same files under a parent that holds nothing else."""
    import shutil

    return lambda folder: Path(shutil.copytree(folder, tmp_path / "copied" / folder.name))
