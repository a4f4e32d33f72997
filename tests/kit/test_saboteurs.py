"""The kit on backends that each break one law, and on one that breaks none."""

import inspect

import pytest

from isomorph.contract import BackendInfo
from isomorph.reference.backend import CPU
from isomorph.testing import claim_laws
from isomorph.testing.asked import MODELS
from isomorph.testing.compare import LawBroken
from isomorph.testing.recipes import VARIED
from isomorph.testing.saboteurs import SABOTEURS, Honest
from isomorph.testing.subject import Subject
from isomorph.testing.suite import BackendTests

LAWS = sorted(
    law
    for law in vars(BackendTests)
    if law.startswith("test_")
    and law not in ("test_kit_is_untouched", "test_import_is_quiet", "test_devices")
)


def run(law, backend, folder, models):
    """One test of the kit on a backend that is not installed."""
    if law == "test_devices":
        claim_laws.devices(lambda: backend)
        return
    subject = Subject(BackendInfo("saboteur", ""), backend, CPU, folder / "models")
    test = getattr(BackendTests, law)
    wanted = inspect.signature(test).parameters
    for name in models:
        if "claimed" in wanted and not subject.claim(name).depth:
            continue
        given = {"subject": subject, "claimed": subject, "model_name": name}
        given |= {"sound_model": "wav2vec2", "message_model": "qwen2_vl"}
        scratch = folder / law / name
        scratch.mkdir(parents=True, exist_ok=True)
        given["tmp_path"] = scratch
        test(BackendTests(), **{key: value for key, value in given.items() if key in wanted})
    subject.close()


@pytest.mark.parametrize("saboteur", SABOTEURS, ids=lambda saboteur: saboteur.__name__)
def test_each_saboteur_is_caught_by_the_law_that_it_breaks(saboteur, tmp_path):
    with pytest.raises(LawBroken) as caught:
        run(SABOTEURS[saboteur], saboteur(), tmp_path, MODELS.get(SABOTEURS[saboteur], ("",)))
    assert len(str(caught.value)) > 20


@pytest.mark.parametrize("law", LAWS)
def test_a_backend_that_breaks_no_law_passes(law, tmp_path):
    run(law, Honest(), tmp_path, [n for n in MODELS.get(law, ("",)) if n in ("", *VARIED)])


def test_every_law_has_a_saboteur():
    assert set(LAWS) <= set(SABOTEURS.values())


def test_a_plugin_that_imports_its_engine_is_loud(tmp_path, monkeypatch):
    (tmp_path / "some_engine.py").write_text("")
    (tmp_path / "loud_plugin.py").write_text("import some_engine\n")
    (tmp_path / "quiet_plugin.py").write_text("def devices():\n    import some_engine\n")
    monkeypatch.syspath_prepend(tmp_path)
    claim_laws.quiet(["quiet_plugin"], ["some_engine"])
    with pytest.raises(LawBroken, match="imports some_engine"):
        claim_laws.quiet(["quiet_plugin", "loud_plugin"], ["some_engine"])


CHANGES = """
import locale, logging, os, signal, sys, threading, warnings
import numpy
print("Welcome!")
numpy.seterr(all="raise")
warnings.simplefilter("ignore")
locale.setlocale(locale.LC_ALL, "C.UTF-8" if locale.setlocale(locale.LC_ALL) == "C" else "C")
os.environ["OMP_NUM_THREADS"] = "1"
os.chdir("/")
numpy.set_printoptions(precision=3)
numpy.random.seed(1)
signal.signal(signal.SIGTERM, signal.SIG_IGN)
sys.path.insert(0, "/somewhere")
sys.excepthook = print
sys.setrecursionlimit(5000)
logging.basicConfig()
threading.Thread(target=threading.Event().wait, daemon=True).start()
"""


def test_a_plugin_that_changes_the_process_it_is_imported_into_is_told_so(tmp_path, monkeypatch):
    (tmp_path / "busy_plugin.py").write_text(CHANGES)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    with pytest.raises(LawBroken) as caught:
        claim_laws.quiet(["busy_plugin"], ["some_engine"])
    assert str(caught.value).startswith(
        "importing busy_plugin changes numpy.seterr (divide, invalid, over, under), "
        "numpy's print options (precision), numpy's random numbers, the filters of warnings, the locale, "
        "the environment (OMP_NUM_THREADS), the working folder, threads that run, signal handlers (SIGTERM), "
        "sys.path, hooks of sys (excepthook), the limit of recursion, the root logger, "
        "what stands on stdout, for every model"
    )


def test_a_plugin_that_cannot_be_imported_is_reported_with_its_traceback():
    with pytest.raises(LawBroken, match="No module named 'nowhere'"):
        claim_laws.quiet(["nowhere"], ["some_engine"])


def test_an_object_without_the_methods_is_no_backend():
    with pytest.raises(LawBroken, match="object lacks a method"):
        claim_laws.devices(object)
