"""What goes wrong in a worker, or with one, reaches the caller; what goes wrong before starts none."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from multiprocessing.connection import wait
from queue import Queue
from threading import Thread
from types import ModuleType

import numpy as np
import pytest

from isomorph import MultiVectorEncoder, SentenceTransformer
from isomorph.contract import Device
from isomorph.errors import DeviceUnavailable, InputError, PoolBroken, Unsupported, WorkerFailed
from isomorph.pool import chunks, life
from isomorph.pool.start import chosen

from .conftest import LOADERS, LONG, TEXTS, TWO
from .poolings import Odd

SECONDS = 120
"""Longer than anything here may take on a machine that stands still for a while."""


@pytest.fixture(scope="module")
def late():
    return MultiVectorEncoder(LOADERS[MultiVectorEncoder], backend="reference")


@pytest.fixture(scope="module")
def late_pool(late):
    with late.start_multi_process_pool(["cpu"]) as started:
        yield started


@pytest.fixture
def own_pool(model):
    with model.start_multi_process_pool(TWO) as started:
        yield started


class Unpicklable(str):
    def __reduce__(self):
        raise KeyError("no way")


def in_thread(function):
    """Starts a call; its result or exception comes through the queue."""
    outcome: Queue = Queue()

    def run():
        try:
            outcome.put(function())
        except Exception as error:
            outcome.put(error)

    Thread(target=run, daemon=True).start()
    return outcome


def stopped_with_work(model, pool, texts=TEXTS):
    """A call whose chunks lie with workers that do not go on, and its outcome."""
    for process in pool.processes:
        os.kill(process.pid, signal.SIGSTOP)
    outcome = in_thread(lambda: model.encode(texts, pool=pool))
    wait_until(lambda: all(member.call is not None for member in pool._members))
    return outcome


def wait_until(it_holds):
    deadline = time.monotonic() + SECONDS
    while not it_holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


class TestExceptions:
    def test_one_of_a_worker_comes_with_its_type_and_traceback(self, late, late_pool):
        with pytest.raises(LookupError, match="nothing here") as caught:
            late.encode(TEXTS, pool=late_pool, token_pooling=Odd("raise"))
        assert "in pool_one" in str(caught.value.__cause__)
        assert "in a worker process" in str(caught.value.__cause__)

    @pytest.mark.parametrize(
        ("does", "said"),
        [
            ("raise unsendable", "Unsendable: a secret function"),
            ("raise two arguments", "TwoArguments: one and other"),
        ],
    )
    def test_one_that_cannot_be_sent_is_named(self, late, late_pool, does, said):
        with pytest.raises(WorkerFailed, match=said) as caught:
            late.encode(TEXTS, pool=late_pool, token_pooling=Odd(does))
        assert "in pool_one" in str(caught.value.__cause__)

    def test_the_worker_goes_on_and_nothing_is_left_of_the_call(self, late, late_pool):
        with pytest.raises(LookupError):
            late.encode(TEXTS, pool=late_pool, token_pooling=Odd("raise"), chunk_size=1)
        found = late.encode(TEXTS[::-1], pool=late_pool, chunk_size=7)
        for one, other in zip(found, late.encode(TEXTS[::-1]), strict=True):
            np.testing.assert_allclose(one, other, atol=1e-5, rtol=0)

    def test_an_input_that_cannot_be_sent_is_the_callers(self, model, pool, monkeypatch):
        monkeypatch.setattr(chunks, "_plain", Unpicklable)
        with pytest.raises(InputError, match=r"input of those from 0 on cannot be sent.*no way"):
            model.encode(TEXTS, pool=pool, chunk_size=len(TEXTS))
        monkeypatch.undo()
        assert model.encode(TEXTS, pool=pool).shape[0] == len(TEXTS)

    def test_what_a_worker_cannot_import_is_explained(self, model, pool, monkeypatch):
        monkeypatch.setitem(sys.modules, "only_here", only_here := ModuleType("only_here"))
        only_here.Text = type("Text", (str,), {"__module__": "only_here"})
        monkeypatch.setattr(chunks, "_plain", only_here.Text)
        with pytest.raises(InputError, match=r"cannot be read in a worker.*only_here.*can import"):
            model.encode(TEXTS, pool=pool)

    def test_a_function_without_a_name_is_refused_before(self, late, late_pool):
        odd = Odd("raise")
        object.__setattr__(odd, "does", lambda: None)
        with pytest.raises(InputError, match="cannot be sent to worker"):
            late.encode(TEXTS, pool=late_pool, token_pooling=odd)


class TestArguments:
    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            ({"chunk_size": 0}, "chunk_size must be a positive integer"),
            ({"device": "cpu"}, "leave out device="),
            ({"prompt_name": "unheard"}, "unheard"),
            ({"batch_size": 0}, "batch_size"),
            ({"inputs": ["a", None]}, "Input 1"),
            ({"inputs": [*TEXTS, "\ud800"]}, "Input 40 holds half"),
            ({"inputs": [*TEXTS, LONG], "on_long": "error"}, "input 40; the longest has"),
        ],
    )
    def test_what_cannot_be_used_is_refused_before_anything_is_sent(
        self, model, pool, arguments, said, monkeypatch
    ):
        monkeypatch.setattr(pool._dispatcher, "submit", None)
        with pytest.raises(InputError, match=said):
            model.encode(**{"inputs": TEXTS, "chunk_size": 3, **arguments}, pool=pool)

    def test_chunks_are_those_of_a_pool(self, model):
        with pytest.raises(InputError, match="pass pool="):
            model.encode(TEXTS, chunk_size=3)

    def test_a_pool_is_for_one_model_as_it_was(self, model, pool):
        other = SentenceTransformer(
            LOADERS[SentenceTransformer].parent / "bert-mean", backend="reference"
        )
        changed = SentenceTransformer(LOADERS[SentenceTransformer], backend="reference")
        assert changed.encode(TEXTS, pool=pool).shape[0] == len(TEXTS)
        changed.set_pooling_include_prompt(False)
        for each in (other, changed):
            with pytest.raises(InputError, match="started for another model"):
                each.encode(TEXTS, pool=pool)

    def test_a_live_model_that_was_handed_out_is_not_sent(self, backend):
        model = SentenceTransformer(LOADERS[SentenceTransformer], backend=backend)
        if model.transformers_model is not None:
            with pytest.raises(Unsupported, match="handed out"):
                model.start_multi_process_pool([str(model.device)])

    def test_devices_are_those_of_the_backend(self, model):
        for devices, error in (
            ([], InputError),
            ("cpu", InputError),
            (["no:1"], DeviceUnavailable),
        ):
            with pytest.raises(error):
                model.start_multi_process_pool(devices)
        with pytest.raises(InputError, match="empty list"):
            model.encode(TEXTS, device=[])

    def test_without_a_word_all_of_the_first_other_kind_or_as_many_as_there_are_cpus(
        self, monkeypatch
    ):
        cpu, first, second = Device("cpu"), Device("gpu", 0), Device("gpu", 1)
        there = [first, second, Device("npu"), cpu]
        assert chosen(None, there, "any") == [first, second]
        monkeypatch.setenv("ISOMORPH_THREADS", "1")
        assert chosen(None, [cpu], "any") == [cpu]

    def test_workers_share_the_threads_of_this_process(self, late, monkeypatch):
        monkeypatch.setattr("isomorph.pool.start.effective_cpus", lambda: 7)
        with late.start_multi_process_pool(TWO) as pool:
            told = late.encode(TEXTS, pool=pool, token_pooling=Odd("tell"), chunk_size=1)
        assert {float(rows[0, 0]) for rows in told} == {3.0}


class TestTheEndOfAWorker:
    def test_in_the_middle_of_a_call_it_fails_the_call(self, model, own_pool):
        outcome = stopped_with_work(model, own_pool)
        victim, survivor = own_pool.processes
        os.kill(victim.pid, signal.SIGKILL)
        error = outcome.get(timeout=SECONDS)
        assert isinstance(error, PoolBroken)
        assert "isomorph-worker-0 was ended by SIGKILL" in str(error)
        os.kill(survivor.pid, signal.SIGCONT)
        assert len(own_pool) == 1
        np.testing.assert_allclose(
            model.encode(TEXTS, pool=own_pool), model.encode(TEXTS), atol=1e-5, rtol=0
        )

    def test_other_calls_go_on(self, model, own_pool):
        one = stopped_with_work(model, own_pool, TEXTS[:1] * 2)
        other = in_thread(lambda: model.encode(TEXTS, pool=own_pool))
        os.kill(own_pool.processes[0].pid, signal.SIGKILL)
        assert isinstance(one.get(timeout=SECONDS), PoolBroken)
        os.kill(own_pool.processes[1].pid, signal.SIGCONT)
        np.testing.assert_allclose(
            other.get(timeout=SECONDS), model.encode(TEXTS), atol=1e-5, rtol=0
        )

    def test_of_the_last_one_it_is_the_end_of_the_pool(self, late):
        with late.start_multi_process_pool(["cpu"]) as pool:
            with pytest.raises(PoolBroken, match="exit code 7"):
                late.encode(TEXTS, pool=pool, token_pooling=Odd("exit"))
            with pytest.raises(PoolBroken, match="No worker is left"):
                late.encode(TEXTS, pool=pool)

    def test_of_the_pool_fails_what_is_under_way(self, model):
        pool = model.start_multi_process_pool(TWO)
        outcome = stopped_with_work(model, pool)
        model.stop_multi_process_pool(pool)
        assert "was stopped" in str(outcome.get(timeout=SECONDS))
        model.stop_multi_process_pool(pool)
        with pytest.raises(PoolBroken, match="was stopped"):
            model.encode(TEXTS, pool=pool)
        assert not any(process.is_alive() for process in pool["processes"])

    def test_a_pool_of_one_call_leaves_no_process(self, late):
        before = set(multiprocessing.active_children())
        with pytest.raises(LookupError):
            late.encode(TEXTS, device=TWO, token_pooling=Odd("raise"))
        assert set(multiprocessing.active_children()) == before

    def test_only_a_pool_can_be_stopped(self, model, pool):
        with pytest.raises(InputError, match="no pool but dict"):
            model.stop_multi_process_pool({})
        with pytest.raises(KeyError, match="no queues"):
            pool["input"]


class TestAFrozenWorker:
    """One that is stopped while it has work, with chunks that fit into a pipe and with such that do not."""

    @pytest.fixture(autouse=True)
    def impatient(self, monkeypatch):
        monkeypatch.setattr(life, "SILENCE", 5.0)
        monkeypatch.setattr(life, "TICK", 0.2)

    @pytest.mark.parametrize("text", ["a river", "a river " * 50_000], ids=["small", "large"])
    def test_fails_its_call_and_holds_up_no_other(self, model, own_pool, text):
        victim = own_pool.processes[0]
        os.kill(victim.pid, signal.SIGSTOP)
        outcome = in_thread(lambda: model.encode([text] * 8, pool=own_pool, chunk_size=4))
        # Else the stopped worker would be given the second call.
        wait_until(lambda: own_pool._members[0].call is not None)
        found = model.encode(TEXTS, pool=own_pool, chunk_size=len(TEXTS))
        np.testing.assert_allclose(found, model.encode(TEXTS), atol=1e-5, rtol=0)
        error = outcome.get(timeout=3 * SECONDS)
        assert isinstance(error, PoolBroken)
        assert f"{victim.name} gave no sign of life for 5 s" in str(error)
        assert len(own_pool) == 1
        victim.join(SECONDS)
        assert victim.exitcode == -signal.SIGKILL

    def test_does_not_hold_up_the_end_of_its_pool(self, model, own_pool, monkeypatch):
        monkeypatch.setattr(life, "SILENCE", 1e9)
        for process in own_pool.processes:
            os.kill(process.pid, signal.SIGSTOP)
        outcome = in_thread(
            lambda: model.encode(["a river " * 50_000] * 8, pool=own_pool, chunk_size=4)
        )
        own_pool.close()
        assert isinstance(outcome.get(timeout=SECONDS), PoolBroken)
        assert [process.exitcode for process in own_pool.processes] == [-signal.SIGKILL] * 2

    def test_one_that_computes_for_long_lives(self, late):
        with late.start_multi_process_pool(["cpu"]) as pool:
            assert late.encode(TEXTS[:1], pool=pool, token_pooling=Odd("compute")) is not None


def test_a_pool_that_is_collected_ends_its_workers(late):
    pool = late.start_multi_process_pool(["cpu"])
    (process,) = pool.processes
    del pool
    gc.collect()
    # Not by its exit code: the pool's own thread asks for that too, and only one of two gets it.
    assert wait([process.sentinel], SECONDS)


PROGRAM = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
from isomorph import SentenceTransformer
{guard}
    model = SentenceTransformer(sys.argv[1], backend="reference")
    with model.start_multi_process_pool(["cpu", "cpu"]) as pool:
        print("started", flush=True)
        while True:
            model.encode(["a river", "a sea"] * 500, pool=pool)
"""


SLOW = """
import pathlib, signal, sys, time
if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)
    from isomorph import SentenceTransformer
    SentenceTransformer(sys.argv[1], backend="reference").start_multi_process_pool(["cpu"])
else:
    pathlib.Path({begun!r}).touch()
    time.sleep(1)
"""


def refused_in_a_daemon(model):
    try:
        model.start_multi_process_pool(["cpu"])
    except Unsupported as error:
        return str(error)


@contextmanager
def program(tmp_path, guard):
    """Runs it; it ends with the test, and so do its workers, whatever the test finds."""
    file = tmp_path / "program.py"
    file.write_text(PROGRAM.format(guard=guard), "utf-8")
    with subprocess.Popen(
        [sys.executable, str(file), str(LOADERS[SentenceTransformer])],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as running:
        try:
            yield running
        finally:
            with suppress(ProcessLookupError):
                os.killpg(running.pid, signal.SIGKILL)


class TestPrograms:
    def test_a_pool_at_top_level_is_explained(self, tmp_path):
        with program(tmp_path, "if True:") as running:
            out, said = running.communicate(timeout=3 * SECONDS)
        assert running.returncode == 1
        assert "started" not in out
        last = said.strip().splitlines()[-1]
        assert "PoolBroken: isomorph-worker-0 ended with exit code 1 while it started" in last
        assert 'if __name__ == "__main__"' in last

    def test_one_that_was_read_from_stdin_has_workers(self):
        """There is no file that a worker could run first; the program keeps its name of one."""
        program = (
            "from isomorph import SentenceTransformer\n"
            f"model = SentenceTransformer({str(LOADERS[SentenceTransformer])!r}, backend='reference')\n"
            "print(model.encode(['a river'] * 3, device=['cpu', 'cpu']).shape, __file__)\n"
        )
        done = subprocess.run(
            [sys.executable, "-"], input=program, capture_output=True, text=True, timeout=SECONDS, check=False
        )  # fmt: skip
        assert (done.returncode, done.stdout) == (0, "(3, 20) <stdin>\n"), done.stderr

    def test_one_whose_file_is_gone_has_workers(self, tmp_path):
        guard = 'import os\nif __name__ == "__main__":\n    os.unlink(__file__)'
        with program(tmp_path, guard) as running:
            assert running.stdout.readline() == "started\n"

    def test_a_daemon_of_multiprocessing_is_told_what_it_may_not(self, model):
        with multiprocessing.get_context("spawn").Pool(1) as daemons:
            said = daemons.apply_async(refused_in_a_daemon, (model,)).get(SECONDS)
        assert "may start no processes" in said

    def test_ctrl_c_while_workers_start_leaves_words_of_the_program_alone(self, tmp_path):
        """A worker would fail in the middle of an import, and say so."""
        begun = tmp_path / "begun"
        program = tmp_path / "program.py"
        program.write_text(SLOW.format(begun=str(begun)), "utf-8")
        with subprocess.Popen(
            [sys.executable, str(program), str(LOADERS[SentenceTransformer])],
            stderr=subprocess.PIPE, text=True, start_new_session=True,
        ) as running:  # fmt: skip
            wait_until(begun.exists)
            os.killpg(running.pid, signal.SIGINT)
            _, said = running.communicate(timeout=SECONDS)
        assert "KeyboardInterrupt" in said
        assert "_inheriting" not in said
        assert "spawn_main" not in said

    @pytest.mark.parametrize("whole_group", [True, False], ids=["ctrl-c", "killed"])
    def test_workers_end_with_the_program(self, tmp_path, whole_group):
        """Workers hold its stdout too, so that it ends when the last of them has ended."""
        with program(tmp_path, 'if __name__ == "__main__":') as running:
            assert running.stdout.readline() == "started\n"
            if whole_group:
                os.killpg(running.pid, signal.SIGINT)
            else:
                running.kill()
            _, said = running.communicate(timeout=3 * SECONDS)
        assert running.returncode == -(signal.SIGINT if whole_group else signal.SIGKILL)
        assert ("KeyboardInterrupt" in said) == whole_group
