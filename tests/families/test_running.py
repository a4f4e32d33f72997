"""No backend is passed over in silence: absent ones are skipped by name, broken ones fail."""

import pluggy
import pytest
from families.running import backend_names, backend_of

from isomorph.contract import BackendInfo
from isomorph.errors import AmbiguousBackend, PluginFailed
from isomorph.plugins.discovery import Plugins
from isomorph.testing.suite import EXPECT_VARIABLE

PLUGINS = Plugins(
    pluggy.PluginManager("isomorph"),
    (BackendInfo("absent", "nowhere:Backend", requires=("no_such_engine",), install="pip"),),
    (PluginFailed("broken", "broken 1.0", ImportError("it is broken")),),
    {"twice": AmbiguousBackend("twice", ["one 1.0", "two 1.0"])},
)


def test_every_name_that_was_found_or_is_expected_is_tested(monkeypatch):
    monkeypatch.setenv(EXPECT_VARIABLE, "absent,missing")
    assert backend_names(PLUGINS) == ["absent", "broken", "missing", "twice"]


def test_an_absent_engine_is_skipped_with_its_reason(monkeypatch):
    monkeypatch.delenv(EXPECT_VARIABLE, raising=False)
    with pytest.raises(pytest.skip.Exception, match="no_such_engine is not installed"):
        backend_of(PLUGINS, "absent")


def test_an_absent_engine_that_is_expected_fails(monkeypatch):
    monkeypatch.setenv(EXPECT_VARIABLE, "absent")
    with pytest.raises(pytest.fail.Exception, match="no_such_engine"):
        backend_of(PLUGINS, "absent")


@pytest.mark.parametrize(("name", "error"), [("broken", PluginFailed), ("twice", AmbiguousBackend)])
def test_a_broken_plugin_is_an_error(name, error):
    with pytest.raises(error):
        backend_of(PLUGINS, name)
