"""Discovery: broken, clashing, blocked and incomplete plugins, each a record with its reason."""

import pytest

from isomorph.contract import BackendInfo
from isomorph.errors import (
    AmbiguousBackend,
    BackendNotFound,
    BackendUnavailable,
    ContractError,
    PluginFailed,
)
from isomorph.plugins.discovery import BLOCK_VARIABLE, discover, missing_engines
from isomorph.reference.backend import ReferenceBackend

GOOD = "'good', 'good_backend:Good'"
GOOD_BACKEND = "from isomorph.reference.backend import ReferenceBackend as Good\n"


def good(site):
    return site.offer("good", GOOD, good_backend=GOOD_BACKEND)


def test_a_plugin_is_found_with_its_distribution(site):
    plugins = discover(good(site).entry_points())
    assert plugins.info("good") == BackendInfo("good", "good_backend:Good", distribution="good 1.0")
    assert isinstance(plugins.backend("good").unguarded, ReferenceBackend)


def test_a_plugin_that_raises_at_import_hurts_no_other(site):
    good(site).add("broken", "raise OSError('libfoo.so is missing')")
    plugins = discover(site.entry_points())
    assert [info.name for info in plugins.infos] == ["good"]
    with pytest.raises(PluginFailed, match=r"OSError: libfoo\.so is missing") as caught:
        plugins.info("broken")
    assert "broken 1.0" in str(caught.value)
    assert "pip uninstall broken" in str(caught.value)


def test_a_plugin_that_exits_at_import_does_not_end_the_process(site):
    good(site).add("quits", "raise SystemExit(3)")
    plugins = discover(site.entry_points())
    assert [info.name for info in plugins.infos] == ["good"]
    assert [failure.name for failure in plugins.failed] == ["quits"]


def test_a_plugin_whose_hook_raises_hurts_no_other(site):
    hook = (
        "from isomorph.hookspecs import hookimpl\n"
        "@hookimpl\n"
        "def isomorph_backends():\n"
        "    raise KeyError('settings')\n"
    )
    good(site).add("raises", hook)
    plugins = discover(site.entry_points())
    assert [info.name for info in plugins.infos] == ["good"]
    with pytest.raises(PluginFailed, match="KeyError: 'settings'"):
        plugins.backend("raises")
    assert len(plugins.manager.get_plugins()) == 1, "a failed plugin takes no part in other hooks"


@pytest.mark.parametrize("returned", ["None", "['text']", "7"])
def test_a_hook_that_returns_nonsense_is_a_failure_of_its_plugin(site, returned):
    hook = (
        "from isomorph.hookspecs import hookimpl\n"
        "@hookimpl\n"
        "def isomorph_backends():\n"
        f"    return {returned}\n"
    )
    good(site).add("nonsense", hook)
    plugins = discover(site.entry_points())
    assert [info.name for info in plugins.infos] == ["good"]


def test_two_plugins_with_one_backend_name_are_an_error_that_names_both(site):
    good(site).offer("other", "'good', 'elsewhere:Good'")
    plugins = discover(site.entry_points())
    assert plugins.infos == ()
    with pytest.raises(AmbiguousBackend, match=r"good 1\.0 and other 1\.0"):
        plugins.backend("good")


def test_two_distributions_with_one_entry_point_name_both_load(site):
    good(site).offer("other", "'other', 'elsewhere:Other'", entry="good")
    assert [info.name for info in discover(site.entry_points()).infos] == ["good", "other"]


def test_an_entry_point_that_is_listed_twice_is_one_plugin(site):
    entries = good(site).entry_points()
    assert [info.name for info in discover([*entries, *entries]).infos] == ["good"]


def test_a_blocked_plugin_is_not_imported(site, monkeypatch):
    good(site).add("broken", "raise OSError")
    monkeypatch.setenv(BLOCK_VARIABLE, "broken,other")
    plugins = discover(site.entry_points())
    assert plugins.failed == ()
    with pytest.raises(
        BackendNotFound, match=f"blocked by the environment variable {BLOCK_VARIABLE}"
    ):
        plugins.info("broken")


def test_spaces_in_the_list_of_blocked_plugins_do_not_matter(site, monkeypatch):
    monkeypatch.setenv(BLOCK_VARIABLE, "other , good")
    assert discover(good(site).entry_points()).infos == ()


def test_an_absent_engine_is_a_reason_and_a_command(site):
    arguments = "'far', 'far:Far', requires=('no_such_engine',), install='far[engine]'"
    plugins = discover(site.offer("far", arguments).entry_points())
    assert missing_engines(plugins.info("far")) == ("no_such_engine",)
    with pytest.raises(BackendUnavailable) as caught:
        plugins.backend("far")
    assert "no_such_engine is not installed" in str(caught.value)
    assert str(caught.value).endswith("Run: pip install 'far[engine]'")


def test_an_engine_inside_an_absent_package_is_absent(site):
    arguments = "'far', 'far:Far', requires=('no_such_engine.runtime',), install='far'"
    plugins = discover(site.offer("far", arguments).entry_points())
    with pytest.raises(BackendUnavailable, match="pip install far"):
        plugins.backend("far")


def test_an_unknown_backend_is_answered_with_those_there_are(site):
    plugins = discover(good(site).entry_points())
    with pytest.raises(BackendNotFound, match=r"'tensor'.*installed backends are: good"):
        plugins.backend("tensor")
    with pytest.raises(ValueError, match="installed backends are: none"):
        discover([]).backend("good")


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("import no_such_module", "ModuleNotFoundError"),
        ("Other = 1", "AttributeError"),
        ("def Good(): raise RuntimeError('no driver')", "no driver"),
        ("Good = 7", "TypeError"),
    ],
)
def test_a_target_that_cannot_be_constructed_is_a_failure_of_its_plugin(site, code, reason):
    plugins = discover(site.offer("good", GOOD, good_backend=code).entry_points())
    with pytest.raises(PluginFailed, match=reason) as caught:
        plugins.backend("good")
    assert "good 1.0" in str(caught.value)


def test_a_class_without_the_methods_breaks_the_contract(site):
    code = (
        "class Good:\n    def devices(self): return ()\n    def claim(self, model, device): ...\n"
    )
    plugins = discover(site.offer("good", GOOD, good_backend=code).entry_points())
    with pytest.raises(ContractError, match=r"'good' \(good 1\.0\).*lacks a method of Backend"):
        plugins.backend("good")


def test_a_backend_may_refuse_with_its_own_reason_when_it_is_constructed(site):
    code = (
        "from isomorph.errors import BackendUnavailable\n"
        "def Good(): raise BackendUnavailable('good', 'its driver is too old')\n"
    )
    plugins = discover(site.offer("good", GOOD, good_backend=code).entry_points())
    with pytest.raises(BackendUnavailable, match="its driver is too old"):
        plugins.backend("good")


def test_installed_plugins_survive_a_broken_one(site):
    site.add("broken", "raise OSError('libfoo.so is missing')")
    code = (
        "from isomorph.plugins.discovery import installed\n"
        "print([info.name for info in installed().infos])\n"
        "print([str(failure) for failure in installed().failed])\n"
    )
    out = site.run(code)
    assert "'reference'" in out
    assert "libfoo.so is missing" in out
    assert "libfoo.so" not in site.run(code, ISOMORPH_BLOCK="broken")
