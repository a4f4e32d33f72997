"""The command: what it prints, what it keeps and what it refuses."""

import re
from contextlib import nullcontext

import pytest
from tests.core.tune.conftest import MANY, surface

from isomorph import SentenceTransformer, installed
from isomorph.tune import tune as tuning

FALLBACK = next(info.name for info in installed().infos if info.fallback)


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("ISOMORPH_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def recorded(monkeypatch):
    """Puts recorded timings in place of processes; gives the meters that were asked for."""

    def put(**table):
        meter = surface({("lanes", 1): 1.2}, ready=MANY, **table)
        asked = []

        def instead(*arguments):
            asked.append(arguments)
            return nullcontext(meter)

        monkeypatch.setattr(tuning, "processes", instead)
        return asked

    return put


def test_it_prints_each_candidate_the_choice_and_why(isomorph, tiny, recorded, tmp_path):
    asked = recorded(**{FALLBACK: 10.0})
    texts = tmp_path / "texts.txt"
    texts.write_text("the cat sat\na dog ran\n", "utf-8")
    done = isomorph("tune", tiny, "--backend", FALLBACK, "--texts", texts, "--device", "cpu")
    assert done.exit_code == 0, done.stderr
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert f"{FALLBACK}, default settings 4 100.0 10.0 20.0" in lines
    assert f"→ {FALLBACK}, 1 lane" in " ".join(lines)
    assert any(line.endswith("120.0 12.0 24.0") for line in lines)
    assert f"your mix is {texts}" in done.stdout
    told = re.search(r"tuned on \d{4}-\d\d-\d\d: (.*)", done.stdout)[1]
    said = f"{FALLBACK} on cpu, 1 lane: 1.20 times the texts per second of {FALLBACK} with default settings."
    assert told == said
    assert "Kept in " in done.stdout
    assert asked == [("SentenceTransformer", "cpu", ["the cat sat", "a dog ran"])]


def test_it_tells_what_there_was_no_time_for(isomorph, tiny, recorded):
    recorded(**{FALLBACK: 10.0})
    done = isomorph("tune", tiny, "--backend", FALLBACK, "--seconds", "0.1")
    assert done.exit_code == 0, done.stderr
    assert "There was no time to try other lanes." in done.stdout
    assert "nothing was tried beside" in done.stdout


def test_candidates_that_were_not_told_apart_are_told(isomorph, tiny, recorded, monkeypatch):
    recorded(**{FALLBACK: 10.0})
    meter = tuning.processes().enter_result
    meter.factors = {}
    done = isomorph("tune", tiny, "--backend", FALLBACK, "--seconds", "60")
    assert "Not all lanes were told apart (rounds: 20); more --seconds may." in done.stdout


def test_what_is_kept_is_forgotten(isomorph, tiny, recorded, cache):
    recorded(**{FALLBACK: 10.0})
    isomorph("tune", tiny, "--backend", FALLBACK)
    assert isomorph("tune", tiny, "--forget").stdout == "The choice is forgotten.\n"
    assert isomorph("tune", tiny, "--forget").stdout == "No choice is kept.\n"
    assert not list((cache / "tuned").iterdir())


def test_a_real_choice_is_followed_by_a_load_and_by_explain(isomorph, tiny):
    """The reference in processes of its own, as nothing here is faked but the wish for speed."""
    done = isomorph("tune", tiny, "--backend", FALLBACK, "--seconds", "0.1")
    assert done.exit_code == 0, done.stderr
    with SentenceTransformer(tiny) as model:
        assert model.report().tuned
        assert model.report().backend == FALLBACK
    assert "tuned on " in isomorph("explain", tiny).stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--max-loss", "much"), "is no share"),
        (("--max-loss", "1%"), "no folder in fewer bits is named"),
        (("--texts", "/no/such/file"), "cannot be read"),
        (("--backend", "nobody"), "nobody"),
        (("--as", "Encoder"), "no class 'Encoder'"),
        (("--device", "a device!"), "a device!"),
    ],
)
def test_what_cannot_be_used_is_said(isomorph, tiny, arguments, words, cache):
    done = isomorph("tune", tiny, *arguments)
    assert done.exit_code == 2
    assert words in done.stderr
    assert not cache.exists()
