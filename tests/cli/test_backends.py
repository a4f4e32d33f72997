import json
from dataclasses import replace
from importlib import metadata

import pytest

from isomorph.cli.backends import engine_versions
from isomorph.contract import BackendInfo
from isomorph.hookspecs import hookimpl
from isomorph.messages.install import install_command
from isomorph.plugins.discovery import GROUP

READY = BackendInfo("ready", "isomorph.reference.backend:ReferenceBackend", requires=("numpy",))
ABSENT = BackendInfo(
    "absent", "no.such:Thing", requires=("no_such_engine",), install="no-such-engine"
)
RAISES = BackendInfo("raises", "isomorph.nowhere:Backend")


class Plugin:
    def __init__(self, *infos):
        self.infos = infos

    @hookimpl
    def isomorph_backends(self):
        return self.infos


class Entry:
    """An entry point of a distribution that is not installed."""

    group = GROUP

    def __init__(self, name, plugin, distribution="dist-a"):
        self.name = name
        self.plugin = plugin
        self.dist = type("Dist", (), {"name": distribution, "version": "1.0"})

    def load(self):
        if isinstance(self.plugin, Exception):
            raise self.plugin
        return self.plugin


def test_every_state_is_a_row_and_none_is_an_error(isomorph, install):
    install(
        Entry("a", Plugin(READY, ABSENT, RAISES)),
        Entry("b", ImportError("its library is gone"), "dist-b"),
        Entry("c", Plugin(BackendInfo("twice", "x:Y")), "dist-c"),
        Entry("d", Plugin(BackendInfo("twice", "x:Y")), "dist-d"),
    )
    done = isomorph("backends")
    assert done.exit_code == 0, done.output
    said = " ".join(done.output.split())
    assert f"ready dist-a 1.0 numpy {metadata.version('numpy')} cpu ready" in said
    assert "no_such_engine is not installed: pip install no-such-engine" in said
    assert "raises dist-a 1.0 failed: PluginFailed" in said
    assert "failed: ImportError: its library is gone (pip uninstall dist-b)" in said
    assert "twice dist-c 1.0 and dist-d 1.0 ambiguous" in said


def test_the_reference_alone_comes_with_a_hint(isomorph, install):
    install()
    done = isomorph("backends")
    assert done.exit_code == 0
    assert install_command("isomorph[all]") in done.output


def test_a_fallback_of_others_is_no_reference(isomorph, install):
    install(Entry("a", Plugin(replace(READY, fallback=True))))
    done = isomorph("backends")
    assert "Only ready and reference can run models, where no engine does." in done.output
    install(Entry("a", Plugin(READY)))
    assert "Only " not in isomorph("backends").output


def test_the_options_of_each_backend_are_told(isomorph, install):
    install(Entry("a", Plugin(replace(READY, options={"cores": "how many cores a model takes"}))))
    told = "model_kwargs of ready: cores: how many cores a model takes"
    assert told in isomorph("backends").output
    said = json.loads(isomorph("backends", "--json").stdout)
    assert said["options"]["ready"] == {"cores": "how many cores a model takes"}


def test_blocked_plugins_are_shown(isomorph, install, monkeypatch):
    monkeypatch.setenv("ISOMORPH_BLOCK", "a")
    install(Entry("a", Plugin(READY)))
    assert "blocked by the environment" in isomorph("backends").output


@pytest.mark.parametrize("package", ["numpy", "pluggy"])
def test_versions_are_read_without_an_import(package):
    info = BackendInfo("x", "x:Y", requires=(package,))
    assert engine_versions(info, {package: ["numpy"]}) == f"numpy {metadata.version('numpy')}"


def test_what_the_project_offers_and_is_not_installed_is_listed_with_its_command():
    from isomorph.cli.backends import absent_extras

    offers = {
        "one": ["isomorph-one==0.1.0"],
        "two": ["isomorph-two[cpu]==0.1.0"],
        "two-gpu": ["isomorph-two[gpu]==0.1.0"],
        "all": ["isomorph-one==0.1.0", "isomorph-two==0.1.0"],
    }
    found = absent_extras(offers, lambda name: name == "isomorph-one")
    assert list(found) == [("two", "isomorph-two[cpu]==0.1.0")]
