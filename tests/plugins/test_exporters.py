"""Exporters are found as backends are: each on its own, broken ones with their reason."""

import pytest

from isomorph.errors import AmbiguousBackend, ExportFailed, PluginFailed
from isomorph.plugins.discovery import discover

OFFER = """
from isomorph.contract import BackendInfo, ExporterInfo
from isomorph.hookspecs import hookimpl

@hookimpl
def isomorph_backends():
    return [BackendInfo({name!r}, "elsewhere:Engine")]

@hookimpl
def isomorph_exporters():
    return {exporters}
"""


def offer(site, name, exporters, **modules):
    return site.add(name, OFFER.format(name=name, exporters=exporters), **modules)


def one(name, target="tools:export", more=""):
    return f"[ExporterInfo({name!r}, {target!r}, source='source'{more})]"


def test_an_exporter_is_imported_when_it_is_used(site):
    offer(site, "good", one("good"), tools="def export(model, session, folder): return 7")
    plugins = discover(site.entry_points())
    assert plugins.exporter_info("good").distribution == "good 1.0"
    assert plugins.exporter("good")(None, None, None) == 7


def test_where_there_is_none_those_there_are_are_named(site):
    offer(site, "good", one("good"))
    with pytest.raises(ExportFailed, match=r"'other': no installed plugin .* for: good"):
        discover(site.entry_points()).exporter("other")
    with pytest.raises(ExportFailed, match="no backend"):
        discover([]).exporter("other")


def test_what_it_needs_is_named_with_the_command_that_installs_it(site):
    needs = ", requires=('sys', 'no_such_tool'), install='tool'"
    offer(site, "good", one("good", more=needs))
    with pytest.raises(ExportFailed, match=r"needs no_such_tool, .* Run: pip install tool"):
        discover(site.entry_points()).exporter("good")


def test_two_exporters_for_one_backend_are_an_error_that_names_both(site):
    offer(site, "one", one("good"))
    offer(site, "two", one("good"))
    with pytest.raises(
        AmbiguousBackend,
        match=r"An exporter for backend 'good' is offered by one 1\.0 and two 1\.0",
    ):
        discover(site.entry_points()).exporter("good")


@pytest.mark.parametrize("returned", ["7", "['text']", "[BackendInfo('a', 'b:c')]", "1 / 0"])
def test_a_hook_that_fails_makes_a_record_of_its_plugin(site, returned):
    offer(site, "good", one("good"))
    offer(site, "bad", returned)
    plugins = discover(site.entry_points())
    assert [info.name for info in plugins.exporters] == ["good"]
    assert [info.name for info in plugins.infos] == ["good"]
    assert [failure.name for failure in plugins.failed] == ["bad"]


def test_a_module_that_fails_is_a_failure_of_its_plugin(site):
    offer(site, "good", one("good"), tools="raise OSError('gone')")
    with pytest.raises(PluginFailed, match="gone"):
        discover(site.entry_points()).exporter("good")
