"""Eleven broken plugins at once: every model of every other backend works, and each plugin is named."""

import json
import warnings

import numpy as np
import pytest

from isomorph import SentenceTransformer
from isomorph.contract import CONTRACT
from isomorph.errors import (
    AmbiguousKind,
    BackendFailed,
    ContractError,
    PassedOver,
    PluginFailed,
    UnknownFormat,
)
from isomorph.plugins import discovery, table
from isomorph.plugins.reading import read_model
from isomorph.resolve import resolve
from isomorph.testing.models import write

from .guests import HOOK, guest

CALLS = {
    "constructor": {"init": "raise OSError('driver 535 is too old')"},
    "devices": {"devices": "raise ImportError('libguest.so.3: cannot open shared object file')"},
    "listed": {"devices": "return ['cpu']"},
    "claims": {"claim": "return (3, 'because')"},
    "raises": {"claim": "raise KeyError('license')"},
    "loads": {"load": "raise RuntimeError('no kernel image')"},
    "session": {"load": "return object()"},
    "forwards": {},
    "returns": {"forward": "return [1, 2]"},
}
HOOKS = {
    "kinds": HOOK.format(
        hook="isomorph_modules", arguments="", body="raise RuntimeError('no licence for softcap')"
    ),
    "formats": HOOK.format(
        hook="isomorph_read_model", arguments="folder", body="raise KeyError('format')"
    ),
    "schemes": HOOK.format(
        hook="isomorph_resolve", arguments="name", body="raise ConnectionError('expired')"
    ),
}


def test_eleven_broken_plugins_hurt_nobody_and_each_is_named(site, found, tmp_path):
    folder = write("bert", tmp_path)
    expected = SentenceTransformer(folder, backend="reference").encode("a text")
    for name in ("constructor", "devices", "listed", "claims", "raises"):
        guest(site, name, **CALLS[name])
    for name, code in HOOKS.items():
        site.add(name, code)
    site.add("imports", "raise OSError('libfoo.so is missing')")
    site.add("later", "isomorph_contract = 99\n" + HOOKS["kinds"])
    site.add("misspelt", HOOK.format(hook="isomorph_backend", arguments="", body="return []"))
    plugins = found(site)
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        model = SentenceTransformer(folder)
        np.testing.assert_allclose(model.encode("a text"), expected, atol=1e-5)
        assert resolve(folder) == folder
        with pytest.raises(UnknownFormat, match="no licence for softcap"):
            table.by_type("glass.Mirror")
    said = "\n".join(str(each.message) for each in seen if each.category is PassedOver)
    told = said + "\n".join(str(each) for each in plugins.failed)
    for name in (*list(CALLS)[:5], "kinds", "formats", "imports", "later", "misspelt"):
        assert f"{name!r}" in told, name
        assert f"{name} 1.0" in told, name
    over = dict(model.report().passed_over)
    assert {"constructor", "devices", "listed", "claims", "raises", "imports"} <= over.keys()
    assert "driver 535 is too old" in str(model.explain())


@pytest.mark.parametrize(
    ("name", "error", "said"),
    [
        ("constructor", PluginFailed, "OSError: driver 535 is too old"),
        ("devices", BackendFailed, "failed in devices: ImportError: libguest.so.3"),
        ("listed", ContractError, r"devices\(\) gives \['cpu'\]"),
        ("claims", ContractError, r"claim\(\) gives a tuple"),
        ("raises", BackendFailed, "failed in claim on cpu: KeyError: 'license'"),
        ("loads", BackendFailed, "failed in load on cpu: RuntimeError: no kernel image"),
        ("session", ContractError, "lacks effective, native, forward, save, close of Session"),
        ("forwards", BackendFailed, "failed in forward on cpu: ValueError: RESOURCE_EXHAUSTED"),
        ("returns", ContractError, "forward returned a list, no mapping"),
    ],
)
def test_a_broken_backend_by_name_is_one_error_with_its_distribution(
    site, found, tmp_path, name, error, said
):
    folder = write("bert", tmp_path)
    found(guest(site, name, **CALLS[name]))
    with pytest.raises(error, match=said) as caught:
        SentenceTransformer(folder, backend=name).encode("a text")
    assert f"{name} 1.0" in str(caught.value)


def test_an_exception_of_the_programs_own_signal_handler_stays_itself(site, found, tmp_path):
    import signal

    class TooLate(Exception):
        pass

    def ring(*_):
        raise TooLate

    code = "import signal; signal.raise_signal(signal.SIGUSR1)"
    folder, before = write("bert", tmp_path), signal.signal(signal.SIGUSR1, ring)
    found(guest(site, "slow", forward=code))
    try:
        with pytest.raises(TooLate):
            SentenceTransformer(folder, backend="slow").encode("a text")
    finally:
        signal.signal(signal.SIGUSR1, before)


KIND = """
from isomorph.hookspecs import ModuleKind, hookimpl
@hookimpl
def isomorph_modules():
    return [ModuleKind(name={name!r}, classes=({of!r},), read=print, lower=print)]
"""


def test_a_kind_of_core_stays_cores(site, found, tmp_path):
    plugins = found(site.add("thief", KIND.format(name="dense", of="glass.Dense")))
    with pytest.warns(PassedOver, match="'thief' of thief 1.0.*core itself has the kind 'dense'"):
        read_model(write("bert", tmp_path))
    assert [failure.name for failure in plugins.failures] == ["thief"]


def test_a_kind_that_two_plugins_offer_is_an_error_for_who_asks_for_it(site, found, tmp_path):
    site.add("one", KIND.format(name="mirror", of="glass.Mirror"))
    found(site.add("two", KIND.format(name="other", of="glass.Mirror")))
    read_model(write("bert", tmp_path))
    with pytest.raises(AmbiguousKind, match=r"'glass.Mirror' is offered by (one|two) 1.0 and by"):
        table.by_type("glass.Mirror")


def test_a_plugin_for_a_later_contract_says_what_to_upgrade(site):
    site.add("later", "isomorph_contract = 99\n" + HOOKS["kinds"])
    (failure,) = discovery.discover(site.entry_points()).failed
    assert f"made for contract 99, and this core has contract {CONTRACT}" in str(failure)
    assert "pip install --upgrade isomorph-core" in str(failure)
    assert "uninstall" not in str(failure)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("def isomorph_backends(): return []", "not marked as a hook.*@hookimpl"),
        ("x = 1", "has no hook. The hooks are isomorph_backends"),
        (HOOK.format(hook="isomorph_backend", arguments="", body="pass"), "is no hook"),
        ("isomorph_contract = 'one'\n" + HOOKS["kinds"], "no number of a contract"),
    ],
)
def test_a_plugin_that_would_never_be_asked_is_told_so(site, code, said):
    (failure,) = discovery.discover(site.add("mine", code).entry_points()).failed
    with pytest.raises(PluginFailed, match=said):
        raise failure


DIAGNOSED = """
import json, sys
import numpy as np
from isomorph import SentenceTransformer
from isomorph.cli.doctor import examined, lines
from isomorph.plugins.discovery import installed
names = [info.name for info in installed().infos if info.name not in sys.argv[2:]]
expected = SentenceTransformer(sys.argv[1], backend="reference").encode("a text")
off = {n: SentenceTransformer(sys.argv[1], backend=n).encode("a text") - expected for n in names}
facts = examined(installed())
off = {name: float(abs(each).max()) for name, each in off.items()}
print(json.dumps({"off": off, "facts": facts, "text": list(lines(facts))}))
"""


def test_the_doctor_names_all_eleven_at_once_and_every_other_backend_works(site, tmp_path):
    folder = write("bert", tmp_path / "model")
    eleven = ["constructor", "devices", "listed", "claims", "loads", "forwards"]
    for name in eleven:
        guest(site, name, **CALLS[name])
    for name, code in HOOKS.items():
        site.add(name, code)
    site.add("imports", "raise OSError('libfoo.so is missing')")
    site.add("later", "isomorph_contract = 99\n" + HOOKS["kinds"])
    eleven += [*HOOKS, "imports", "later"]
    assert len(eleven) == 11
    command = ["-W", "ignore", "-c", DIAGNOSED, str(folder), *eleven]
    said = json.loads(site.python(*command, ISOMORPH_BLOCK="torch"))  # which loads for seconds
    assert len(said["off"]) >= 2
    assert max(said["off"].values()) < 1e-5
    facts = said["facts"]
    assert facts["healthy"] is False
    for name in eleven:
        told = [each for each in facts["troubles"] if f"{name!r} of {name} 1.0" in each]
        assert told, f"{name} is not among the troubles: {facts['troubles']}"
        assert any(told[0] in line for line in said["text"]), name
    mine = {test["backend"] for test in facts["self_test"] if test["outcome"] == "same"}
    assert mine == set(said["off"]) - {"reference"}
