from importlib import metadata

from isomorph.contract import BackendInfo, ExporterInfo
from isomorph.hookspecs import hookimpl
from isomorph.plugins import discovery as plugins


class Plugin:
    @hookimpl
    def isomorph_backends(self):
        return [BackendInfo("poor", f"{__name__}:Nothing")]

    @hookimpl
    def isomorph_exporters(self):
        return [
            ExporterInfo(
                "poor",
                "no:thing",
                source="reference",
                requires=("no_such_tool",),
                install="it",
            )
        ]


def test_an_unknown_backend_is_one_message(isomorph, tiny, tmp_path):
    done = isomorph("export", tiny, "--backend", "nobody", "--output", tmp_path / "made")
    assert done.exit_code == 2
    assert "installed backends are" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_backend_and_the_folder_must_be_said(isomorph, tiny, tmp_path):
    assert isomorph("export", tiny, "--output", tmp_path / "made").exit_code == 2
    assert isomorph("export", tiny, "--backend", "reference").exit_code == 2


def test_what_an_exporter_lacks_is_said_with_the_command(monkeypatch, isomorph, tiny, tmp_path):
    from isomorph.reference.backend import ReferenceBackend

    class Idle(ReferenceBackend):
        def claim(self, model, device):
            from isomorph.contract import Claim

            return Claim(device, 0, reason="it does not lower this")

    core = metadata.EntryPoint("core", "isomorph.builtin", plugins.GROUP)
    found = plugins.discover([core])
    infos = (*found.infos, *Plugin().isomorph_backends())
    with_more = plugins.Plugins(
        found.manager, infos, exporters=tuple(Plugin().isomorph_exporters())
    )
    monkeypatch.setattr(plugins.Plugins, "backend", lambda self, name: Idle())
    monkeypatch.setattr("isomorph.export.export.installed", lambda: with_more)
    done = isomorph("export", tiny, "--backend", "poor", "--output", tmp_path / "made")
    assert done.exit_code == 2
    assert "needs no_such_tool" in done.stderr
    assert "Run: pip install it" in done.stderr
    assert list(tmp_path.iterdir()) == []
