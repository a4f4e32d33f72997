"""What the doctor tells, and that it finds what is ill."""

import json

from isomorph.contract import CONTRACT, BackendInfo, ExporterInfo
from isomorph.hookspecs import ModuleKind, hookimpl

from .test_backends import Entry, Plugin


class Liar:
    """A backend whose numbers are wrong."""

    def __new__(cls):
        from isomorph.testing.saboteurs.honest import Honest

        class Wrong(Honest):
            def after(self, session, feeds, results):
                return {name: array + 1 for name, array in results.items()}

        return Wrong()


READY = BackendInfo("ready", "isomorph.testing.saboteurs.honest:Honest", requires=("numpy",))
LIAR = BackendInfo("liar", f"{__name__}:Liar")


def test_a_healthy_place_is_told_as_data(isomorph, install, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "secret")
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    install(Entry("a", Plugin(READY)))
    done = isomorph("doctor", "--json")
    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout)
    assert said["healthy"] is True
    assert said["contract"] == CONTRACT
    assert said["environment"]["OMP_NUM_THREADS"] == "3"
    assert said["environment"]["HF_TOKEN"] == "(set)"
    assert "secret" not in done.output
    own = said["plugins"][0]
    assert {"name": "a", "distribution": "dist-a 1.0"}.items() <= own.items()
    assert own["hooks"] == ["isomorph_backends"]
    (test,) = said["self_test"]
    assert (test["backend"], test["outcome"]) == ("ready", "same")
    assert said["troubles"] == []


def test_whatever_is_ill_is_named_and_the_exit_code_says_so(isomorph, install):
    class Kinds:
        @hookimpl
        def isomorph_modules(self):
            raise RuntimeError("no licence")

    install(
        Entry("a", Plugin(READY, LIAR)),
        Entry("b", ImportError("its library is gone"), "dist-b"),
        Entry("c", Kinds(), "dist-c"),
    )
    done = isomorph("doctor")
    assert done.exit_code == 1
    for each in ("differs", "its library is gone", "no licence", "dist-c 1.0", "healthy: False"):
        assert each in done.output, each


class Clumsy:
    """Every hook beside backends, none of which does what it should."""

    @hookimpl
    def isomorph_exporters(self):
        return [ExporterInfo("own", "nowhere_at_all:export", source="reference")]

    @hookimpl
    def isomorph_modules(self):
        return [ModuleKind(name="dense", classes=("mine.Own",), read=print, lower=print)]

    @hookimpl
    def isomorph_read_model(self, folder):
        return {"a": "dict"}

    @hookimpl
    def isomorph_resolve(self, name):
        raise ConnectionError("credentials expired at " + "/a/long/path" * 30)


def test_every_offer_is_tried_and_told_with_its_distribution(isomorph, install):
    install(Entry("clumsy", Clumsy()))
    said = json.loads(isomorph("backends", "--json").stdout)
    told = {each["offer"]: each for each in said["offers"] if each["distribution"] == "dist-a 1.0"}
    assert told.keys() == {"exporter", "reader", "resolver"}, "a kind of core's stays core's"
    for each in told.values():
        assert each["status"].startswith("failed"), each
    facts = json.loads(isomorph("doctor", "--json").stdout)
    text = "\n".join(facts["troubles"])
    for each in (
        "nowhere_at_all",
        "has the kind 'dense'",
        "a dict for what is nobody's",
        "credentials expired",
    ):
        assert each in text, each


class Chatty:
    """Prints whenever it is asked."""

    @hookimpl
    def isomorph_resolve(self, name):
        print("Welcome to Acme!")

    @hookimpl
    def isomorph_modules(self):
        print("Acme has no modules.")
        return []


def test_what_plugins_print_is_no_part_of_the_answer(isomorph, install):
    install(Entry("chatty", Chatty()))
    for command in ("backends", "doctor"):
        done = isomorph(command, "--json")
        assert json.loads(done.stdout)
        assert "Welcome to Acme!" in done.stderr


def test_a_reason_is_never_cut(isomorph, install):
    install(Entry("clumsy", Clumsy()))
    for command in ("backends", "doctor"):
        printed = "".join(isomorph(command).output.split())
        assert "/a/long/path" * 30 in printed.replace("│", ""), command
        assert "…" not in printed


BUSY = """
import os, signal, warnings
import numpy
os.environ["OMP_NUM_THREADS"] = "1"
numpy.seterr(all="raise")
signal.signal(signal.SIGTERM, signal.SIG_IGN)
warnings.simplefilter("ignore")
"""
CHANGES = [
    "numpy.seterr (divide, invalid, over, under)",
    "the filters of warnings",
    "the environment (OMP_NUM_THREADS)",
    "signal handlers (SIGTERM)",
]


class Named(Entry):
    """An entry point that says its module, which a process of its own can import."""

    module = "busy_guest"


def test_a_plugin_whose_import_changes_the_process_is_named(
    isomorph, install, tmp_path, monkeypatch
):
    (tmp_path / "busy_guest.py").write_text(BUSY)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    install(Named("busy", Plugin(READY)), Entry("other", Plugin()))
    done = isomorph("doctor", "--json")
    said = json.loads(done.stdout)
    assert {each["name"]: each["changes"] for each in said["plugins"]} == {
        "busy": CHANGES,
        "core": [],
        "other": [],
    }
    trouble = (
        f"plugin 'busy' of dist-a 1.0: importing it changes {', '.join(CHANGES)}, in every program"
    )
    assert any(each.startswith(trouble) for each in said["troubles"]), said["troubles"]
    assert (done.exit_code, said["healthy"]) == (1, False)
    assert trouble in isomorph("doctor").output


def test_a_plugin_that_only_this_process_can_import_is_named(isomorph, install):
    install(Named("busy", Plugin(READY)))
    (trouble,) = json.loads(isomorph("doctor", "--json").stdout)["troubles"]
    assert "No module named 'busy_guest'" in trouble
