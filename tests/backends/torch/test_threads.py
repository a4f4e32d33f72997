"""Threads of a forward: no more than CPUs that nobody else uses."""

from pathlib import Path

import pytest
import torch

from isomorph import SentenceTransformer
from isomorph_torch import forks, threads
from isomorph_torch.threads import Team

PARITY = Path(__file__).parents[2] / "parity"


@pytest.fixture
def running(tmp_path):
    """Writes how many tasks run, as the system tells it."""
    file = tmp_path / "loadavg"

    def write(count):
        file.write_text(f"0.20 0.18 0.12 {count}/80 11206\n")
        return file

    return write


@pytest.fixture(autouse=True)
def _threads():
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def seen(team):
    with team:
        return torch.get_num_threads()


@pytest.mark.parametrize(
    ("wanted", "cpus", "count", "expected"),
    [
        (4, 4, 1, 4),
        (4, 4, 2, 3),
        (4, 4, 9, 1),
        (2, 64, 20, 2),
        (2, 64, 63, 2),
        (2, 64, 64, 1),
        (1, 4, 1, 1),
    ],
)
def test_there_is_a_cpu_for_each(wanted, cpus, count, expected, running):
    assert seen(Team(wanted, True, cpus, running(count))) == expected


def test_one_of_several_lanes_always_has_its_share(running):
    team = Team(3, False, 4, running(9))
    assert seen(team) == 3


def test_threads_that_still_spin_are_its_own(running, monkeypatch):
    clock = [100.0]
    monkeypatch.setattr(threads, "monotonic", lambda: clock[0])
    team = Team(4, True, 4, running(1))
    assert seen(team) == 4
    running(4)  # the caller and the three that wait for the next operator
    clock[0] += threads.SPINNING / 2
    assert seen(team) == 4
    clock[0] += threads.SPINNING * 2
    assert seen(team) == 1, "they sleep by now: three others run"
    clock[0] += threads.SPINNING / 2
    assert seen(team) == 1


@pytest.mark.parametrize("text", [None, "", "0.1 0.2 0.3", "0.1 0.2 0.3 x/y 1"])
def test_all_are_taken_where_the_system_does_not_say(text, tmp_path):
    file = tmp_path / "loadavg"
    if text is not None:
        file.write_text(text)
    assert seen(Team(3, True, 4, file)) == 3


@pytest.mark.skipif(not threads.RUNNING.exists(), reason="the system does not say what runs")
def test_the_system_is_understood():
    assert int(Path(threads.RUNNING).read_text().split()[3].partition("/")[0]) >= 1


def test_few_texts_of_a_small_model_have_one_thread(monkeypatch):
    """So their bits do not depend on what else runs."""
    monkeypatch.setattr(threads, "_opened", lambda _: None)  # a machine where nothing runs
    taken, take = [], forks.torch.set_num_threads
    monkeypatch.setattr(forks.torch, "set_num_threads", lambda n: (taken.append(n), take(n)))
    with SentenceTransformer(PARITY / "models" / "bert-mean", backend="torch") as model:
        model.encode(["a river", "a sea"])
        model.encode("a river")
    assert taken
    assert set(taken) == {1}


@pytest.mark.parametrize(("width", "expected"), [(128, True), (1024, False)])
def test_tables_do_not_make_a_model_large(width, expected):
    chain = torch.nn.Sequential(torch.nn.Embedding(1 << 14, 128), torch.nn.Linear(width, width))
    assert threads.is_small(chain) is expected
