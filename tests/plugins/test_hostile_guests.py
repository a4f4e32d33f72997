"""Plugins that change what is not theirs, raise what cannot be shown, or take what is core's."""

import copy
import pickle
import sys
import warnings
from types import ModuleType

import numpy as np
import pytest

from isomorph import SentenceTransformer
from isomorph.errors import (
    BackendFailed,
    BackendUnavailable,
    ContractError,
    PassedOver,
    PluginFailed,
)
from isomorph.model.frozen import FrozenDict, FrozenList, frozen
from isomorph.plugins import discovery
from isomorph.plugins.reading import read_model
from isomorph.testing.models import write

from .guests import HOOK, guest

UNSAYABLE = """
class Odd(Exception):
    def __str__(self): raise RuntimeError('no text')
"""
ODD = "\n        class Odd(Exception):\n            def __str__(self): return 5\n        raise Odd"
TEXTS = ["a text", "some more words in a text", "three"] * 3


@pytest.fixture
def folder(tmp_path):
    return write("bert", tmp_path / "model")


@pytest.fixture
def expected(folder):
    return SentenceTransformer(folder, backend="reference").encode(TEXTS)


@pytest.mark.parametrize(
    "change",
    [
        "config.update(modes=('cls',))",
        "config.pop('modes')",
        "config.clear()",
        "config.__ior__({'modes': ('cls',)})",
    ],
)
def test_a_claim_cannot_change_the_settings_that_others_read(site, found, folder, expected, change):
    body = f"model.graph.modules[1].config.{change[7:]}; return Claim(device, 0, reason='none')"
    found(guest(site, "wild", claim=body))
    with pytest.warns(PassedOver, match="'wild' was passed over.*cannot be changed; change a copy"):
        model = SentenceTransformer(folder)
    np.testing.assert_allclose(model.encode(TEXTS), expected, atol=1e-5)


def test_a_claim_cannot_take_tensors_from_others(site, found, folder, expected):
    body = "model.tensors['0'].clear(); return Claim(device, 0, reason='none')"
    found(guest(site, "wild", claim=body))
    with pytest.warns(PassedOver, match="'wild' was passed over.*cannot be changed"):
        model = SentenceTransformer(folder)
    np.testing.assert_allclose(model.encode(TEXTS), expected, atol=1e-5)


def test_settings_that_are_frozen_are_dictionaries_for_everybody_who_reads():
    plain = {"a": [1, {"b": [2]}], "c": (3,)}
    made = frozen(plain)
    assert made == plain
    assert frozen(made) is made
    assert pickle.loads(pickle.dumps(made)) == plain
    assert type(pickle.loads(pickle.dumps(made))) is FrozenDict
    assert type(made["a"]) is FrozenList
    own = copy.deepcopy(made)
    own["a"][1]["b"].append(4)
    assert made == plain
    for change in (lambda: made["a"].append(1), lambda: made["a"][1].pop("b")):
        with pytest.raises(TypeError, match="cannot be changed"):
            change()


CUT = """
class Guest(Honest):
    def claim(self, model, device, asked=None):
        import dataclasses
        return dataclasses.replace(super().claim(model, device), depth=1, reason="no more")
    def before(self, session, values):
        return {name: array.copy() for name, array in values.items()}
    def after(self, session, feeds, results):
"""


@pytest.mark.parametrize("change", ["feeds['attention_mask'][:] = 1", "feeds.clear()"])
def test_feeds_that_an_engine_overwrites_are_its_own(site, found, folder, expected, change):
    code = f"from isomorph.testing.saboteurs import Honest{CUT}        {change}; return results"
    arguments = "'wild', 'wild_backend:Guest', priority=99"
    found(site.offer("wild", arguments, wild_backend=code))
    model = SentenceTransformer(folder, backend="wild")
    np.testing.assert_allclose(model.encode(TEXTS), expected, atol=1e-6)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"claim": ODD}, "failed in claim on cpu: Odd, which has no text"),
        ({"claim": "raise StopIteration"}, "failed in claim on cpu: StopIteration"),
        (
            {"devices": "L = type('L', (list,), {'__repr__': lambda s: 1 / 0}); return L(['cpu'])"},
            r"devices\(\) gives <L instance",
        ),
    ],
)
def test_what_cannot_be_shown_is_told_nevertheless(site, found, folder, expected, wrong, said):
    found(guest(site, "wild", **wrong))
    with pytest.warns(PassedOver, match=f"'wild' was passed over.*{said}"):
        model = SentenceTransformer(folder)
    np.testing.assert_allclose(model.encode(TEXTS), expected, atol=1e-5)


def test_a_warning_that_a_plugin_raises_by_itself_is_its_failure(site, found, folder):
    found(guest(site, "wild", claim="raise UserWarning('w')"))
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        SentenceTransformer(folder)
    assert any("failed in claim on cpu: UserWarning: w" in str(each.message) for each in seen)


def test_a_warning_that_a_filter_makes_an_error_is_the_programs(site, found, folder):
    found(guest(site, "wild", claim="import warnings; warnings.warn('old', DeprecationWarning)"))
    with pytest.raises(DeprecationWarning, match="old"):  # pytest makes errors of warnings here
        SentenceTransformer(folder)


KEYS = "return type('M', (dict,), {'keys': lambda self: 1 / 0})()"
GONE = """
        class Gone(Session):
            asked = 0
            @property
            def effective(self):
                Gone.asked += 1
                if Gone.asked > 1: {then}
                return self.told
            @effective.setter
            def effective(self, told): self.told = told
        return Gone(claim.device)"""


@pytest.mark.parametrize(
    ("wrong", "error", "said"),
    [
        ({"forward": ODD}, BackendFailed, "failed in forward on cpu: Odd, which has no text"),
        ({"forward": KEYS}, BackendFailed, "failed in forward on cpu: ZeroDivisionError"),
        ({"forward": "return {5: 1, 'a': 2}"}, ContractError, r"returned \[5, 'a'\] instead of"),
        (
            {"load": GONE.format(then="raise KeyError('lost')")},
            BackendFailed,
            "failed in effective on cpu: KeyError: 'lost'",
        ),
        ({"load": GONE.format(then="return None")}, ContractError, "effective of its session is a"),
    ],
)
def test_a_named_backend_is_named_whatever_it_does(site, found, folder, wrong, error, said):
    found(guest(site, "wild", **wrong))
    with pytest.raises(error, match=said) as caught:
        SentenceTransformer(folder, backend="wild").encode(TEXTS)
    assert "wild 1.0" in str(caught.value)


def test_a_backend_of_cores_name_is_no_backend(site, found, folder, expected):
    plugins = found(site.offer("thief", "'reference', 'thief_backend:Guest'"))
    (failure,) = [each for each in plugins.failed if each.distribution == "thief 1.0"]
    assert "core itself has the backend 'reference'" in str(failure)
    assert "another name" in str(failure)
    model = SentenceTransformer(folder, backend="reference")
    np.testing.assert_array_equal(model.encode(TEXTS), expected)


def test_a_module_that_raises_what_has_no_text_is_a_failed_plugin(site, folder):
    (failure,) = discovery.discover(site.add("mine", UNSAYABLE + "raise Odd").entry_points()).failed
    assert "Odd, which has no text. Repair or remove it: pip uninstall mine" in str(failure)
    read_model(folder)


def test_a_list_of_entry_points_that_cannot_be_read_hurts_nobody(site, folder):
    site.add("good", HOOK.format(hook="isomorph_backends", arguments="", body="return []"))
    site.add("torn", "x = 1")
    (site.folder / "torn-1.0.dist-info" / "entry_points.txt").write_text("[isomorph]\ntorn\n")
    said = site.run(
        "from isomorph.plugins.discovery import installed\n"
        "plugins = installed()\n"
        "print([info.name for info in plugins.infos])\n"
        "print(sorted(origin.name for origin in plugins.origins.values()))\n"
        "print(*plugins.failed, sep='\\n')\n"
    )
    names, origins, *failed = said.splitlines()
    assert "'reference'" in names
    assert "'good'" in origins
    assert any("'torn'" in each and "entry_points.txt cannot be read" in each for each in failed)


@pytest.mark.parametrize(
    ("needs", "error"),
    [("('',)", BackendUnavailable), ("('.x',)", BackendUnavailable), ("('odd',)", PluginFailed)],
)
def test_odd_names_of_engines_are_there_or_absent(site, monkeypatch, needs, error):
    odd = ModuleType("odd")
    odd.__spec__ = None  # as that of "__main__" is
    monkeypatch.setitem(sys.modules, "odd", odd)
    site.offer("wild", f"'wild', 'wild_backend:Guest', requires={needs}")
    with pytest.raises(error, match="'wild'"):
        discovery.discover(site.entry_points()).backend("wild")
