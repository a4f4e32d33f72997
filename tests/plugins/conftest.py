"""Distributions made of a few lines: what an installer would leave behind, without installing."""

import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

from isomorph.errors import BackendUnavailable
from isomorph.plugins.discovery import installed

EXAMPLES = sorted((Path(__file__).parents[1] / "examples").glob("*.py"))

OFFER = """
from isomorph.contract import BackendInfo
from isomorph.hookspecs import hookimpl

@hookimpl
def isomorph_backends():
    return [BackendInfo({arguments})]
"""


class Site:
    """A folder with distributions, as on ``sys.path``."""

    def __init__(self, folder):
        self.folder = folder

    def add(self, name, plugin, version="1.0", entry=None, **modules):
        """A distribution whose entry point names a module with this code."""
        module = name.replace("-", "_") + "_plugin"
        for file, code in {module: plugin, **modules}.items():
            (self.folder / f"{file}.py").write_text(code)
        meta = self.folder / f"{name.replace('-', '_')}-{version}.dist-info"
        meta.mkdir()
        (meta / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        (meta / "entry_points.txt").write_text(f"[isomorph]\n{entry or name} = {module}\n")
        return self

    def offer(self, name, arguments, **modules):
        """A distribution that offers one backend."""
        return self.add(name, OFFER.format(arguments=arguments), **modules)

    def entry_points(self):
        """The entry points of these distributions alone."""
        found = metadata.distributions(path=[str(self.folder)])
        return [entry for distribution in found for entry in distribution.entry_points]

    def run(self, code, **variables):
        """Code in a process of its own that sees these distributions beside what is installed."""
        return self.python("-W", "error", "-c", code, **variables)

    def python(self, *arguments, **variables):
        """Python with any arguments; its standard output."""
        path = filter(None, (str(self.folder), os.environ.get("PYTHONPATH")))
        env = {**os.environ, "PYTHONPATH": os.pathsep.join(path), **variables}
        done = subprocess.run(
            [sys.executable, *arguments],
            env=env,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.fixture
def site(tmp_path, monkeypatch):
    """An empty site folder on ``sys.path``, whose modules are forgotten afterwards."""
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    before = set(sys.modules)
    yield Site(folder)
    for name in set(sys.modules) - before:
        if str(folder) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


@pytest.fixture
def examples(site):
    """The examples of ``docs/plugins.md``, installed."""
    for file in EXAMPLES:
        site.add(file.stem, file.read_text("utf-8"))
    return site


@pytest.fixture(params=[info.name for info in installed().infos])
def backend(request):
    """Each installed backend whose engine works here."""
    try:
        installed().backend(request.param).devices()
    except BackendUnavailable as why:
        pytest.skip(str(why))
    return request.param


@pytest.fixture
def found(monkeypatch):
    """Makes discovery see these entry points beside those that are installed."""

    from isomorph.plugins import discovery, reading, table
    from isomorph.runtime import selection

    def with_guests(site):
        entries = discovery.metadata.entry_points(group=discovery.GROUP)
        plugins = discovery.discover([*entries, *site.entry_points()])
        for module in (discovery, table, reading, selection):
            monkeypatch.setattr(module, "installed", lambda: plugins)
        table._table.cache_clear()
        return plugins

    yield with_guests
    table._table.cache_clear()
