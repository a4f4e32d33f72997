"""What the doctor tells, and that it finds what is ill."""

import json

from isomorph.contract import CONTRACT, BackendInfo
from isomorph.hookspecs import hookimpl

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
