"""A forked child computes what its parent does, or says why it cannot; it never waits for ever."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread, get_native_id
from time import monotonic

import numpy as np
import pytest
from tests.core.pool.conftest import LOADERS, TEXTS, TWO

import isomorph
from isomorph import SentenceTransformer
from isomorph.errors import PoolBroken, Unsupported
from isomorph.machine import forks
from isomorph.machine.forks import WORK, Work

from .forking import SECONDS, in_child

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
FOLDER = LOADERS[SentenceTransformer]


@pytest.fixture
def model(backend):
    with SentenceTransformer(FOLDER, backend=backend) as loaded:
        yield loaded


@contextmanager
def at_it(work, threads=3):
    """Threads that do some work again and again meanwhile; each has done it once before."""
    stop, begun = Event(), [Event() for _ in range(threads)]

    def go_on(first):
        while not stop.is_set():
            work()
            first.set()

    running = [Thread(target=go_on, args=(first,)) for first in begun]
    for thread in running:
        thread.start()
    try:
        assert all(first.wait(SECONDS) for first in begun)
        yield
    finally:
        stop.set()
        for thread in running:
            thread.join()


def agrees(call, wanted):
    return lambda: np.allclose(call(), wanted, atol=1e-5)


class TestAChildComputes:
    def test_with_a_model_that_its_parent_has_used(self, model):
        many, one = model.encode(TEXTS), model.encode(TEXTS[0])
        assert in_child(agrees(lambda: model.encode(TEXTS), many)) == "True"
        assert in_child(agrees(lambda: model.encode(TEXTS[0]), one)) == "True"

    def test_while_threads_of_its_parent_run_that_model(self, model):
        wanted = model.encode(TEXTS)
        with at_it(lambda: model.encode(TEXTS)):
            found = [in_child(agrees(lambda: model.encode(TEXTS), wanted)) for _ in range(5)]
        assert found == ["True"] * 5

    def test_while_threads_of_its_parent_load_models(self, model, backend):
        wanted = model.encode(TEXTS)

        def load():
            with SentenceTransformer(FOLDER, backend=backend) as other:
                return other.encode(TEXTS)

        with at_it(load):
            found = [in_child(agrees(load, wanted)) for _ in range(3)]
        assert found == ["True"] * 3

    def test_in_a_grandchild_too(self, model):
        wanted = model.encode(TEXTS)

        def child():
            model.encode(TEXTS)
            return in_child(agrees(lambda: model.encode(TEXTS), wanted))

        said = in_child(child)
        # An engine whose threads were lost twice may say so instead.
        assert said == "True" or said.startswith("Unsupported: ")

    def test_and_closes_and_loads_again_without_touching_its_parents_sessions(self, model):
        wanted = model.encode(TEXTS)

        def child():
            model.close()
            model.encode(TEXTS)
            model.close()
            return np.allclose(model.encode(TEXTS), wanted, atol=1e-5)

        assert in_child(child) == "True"
        assert np.allclose(model.encode(TEXTS), wanted, atol=1e-5)


PROGRAM = """
import os, sys
from isomorph import SentenceTransformer
model = SentenceTransformer(sys.argv[1], backend=sys.argv[2])
model.encode(["a river", "a sea"] * 50), model.encode("a river")
child = os.fork()
if child:
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
model.encode(["a river", "a sea"] * 50), model.encode("a river")
print("computed", flush=True)
"""


def run_program(source, *arguments, **environment):
    """Runs a program to its end; kills it, with its children, after some time."""
    with subprocess.Popen(
        [sys.executable, "-W", "ignore::DeprecationWarning", "-c", source, *map(str, arguments)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
        env={**os.environ, **environment},
    ) as running:  # fmt: skip
        try:
            out, said = running.communicate(timeout=SECONDS)
        finally:
            kill_group(running)
    return running.returncode, out, said


def kill_group(running):
    """Ends a program and all processes that it started."""
    with suppress(ProcessLookupError):
        os.killpg(running.pid, 9)


def test_a_child_ends_as_programs_do(backend):
    """When it is freed a session waits for threads, which are not there in a child."""
    code, out, said = run_program(PROGRAM, FOLDER, backend)
    assert (code, out) == (0, "computed\n"), said


AT_WORK = """
import sys, asyncio
from threading import Event, Thread
from isomorph import SentenceTransformer
model = SentenceTransformer(sys.argv[1], backend=sys.argv[2])
texts = ["a river", "a sea"] * 30
async def tasks():
    while True:
        await model.aencode(texts)
def plain():
    while True:
        model.encode(texts)
        begun.set()
def loading():
    while True:
        with SentenceTransformer(sys.argv[1], backend=sys.argv[2]) as other:
            other.encode("a river")
begun = Event()
for work in (plain, loading, lambda: asyncio.run(tasks())):
    Thread(target=work, daemon=True).start()
begun.wait()
sys.exit(5)
"""


def test_a_program_ends_while_daemon_threads_are_at_work(backend):
    """A thread that came back from C++ behind the end of the interpreter would end the process by SIGABRT."""
    code, _, said = run_program(AT_WORK, FOLDER, backend)
    assert code == 5, said


WAITED_FOR = """
import atexit, sys
from queue import SimpleQueue
from threading import Thread
tasks, done = SimpleQueue(), []
worker = Thread(target=lambda: [done.append(task()) for task in iter(tasks.get, None)], daemon=True)
def stop():
    tasks.put(None)
    worker.join()
    print(len(done), done[-1].shape)
atexit.register(stop)  # before isomorph is imported, so that it is called after what isomorph registered
from isomorph import SentenceTransformer
model = SentenceTransformer(sys.argv[1], backend=sys.argv[2])
model.encode("a sea")
worker.start()
for text in ["a river", "a sea", "a lake"]:
    tasks.put(lambda text=text: model.encode([text] * 50))
"""


def test_who_waits_at_the_end_for_a_thread_that_computes_is_served(backend):
    code, out, said = run_program(WAITED_FOR, FOLDER, backend)
    assert code == 0, said
    assert out.startswith("3 (50, "), said


def test_a_child_tokenises_where_the_tokenizers_library_would_wait_for_threads():
    code, out, said = run_program(PROGRAM, FOLDER, "reference", TOKENIZERS_PARALLELISM="true")
    assert (code, out) == (0, "computed\n"), said


class TestAForkWaits:
    def test_until_nobody_is_at_work_and_keeps_all_from_beginning(self):
        work, inside, leave, found = Work(), Event(), Event(), []

        def at_work():
            with work():
                inside.set()
                leave.wait(SECONDS)

        thread = Thread(target=at_work)
        thread.start()
        inside.wait(SECONDS)
        late = Thread(target=lambda: found.append(work()))
        Thread(target=leave.set).start()
        work.before_fork()
        assert leave.is_set()
        late.start()
        late.join(0.1)
        assert not found
        work.after_fork_in_parent()
        for each in (thread, late):
            each.join(SECONDS)
        assert found

    def test_not_for_its_own_thread(self):
        with WORK():
            assert (
                in_child(lambda: SentenceTransformer(FOLDER, backend="reference").encode("a").ndim)
                == "1"
            )

    @pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="only Linux tells of threads")
    def test_until_the_threads_of_engines_sleep(self, monkeypatch, tmp_path):
        engine, ours = tmp_path / "1", tmp_path / str(get_native_id())
        for thread in (engine, ours):
            thread.mkdir()
            (thread / "stat").write_text("1 (a (name) R) R 1 1")
        monkeypatch.setattr(forks, "_tasks", lambda: [engine, ours, tmp_path / "ended"])
        asleep = []
        monkeypatch.setattr(forks, "sleep", asleep.append)
        forks.wait_for_rest(monotonic() - 1)
        assert not asleep, "it is bounded"

        def sleep(seconds):
            asleep.append(seconds)
            (engine / "stat").write_text("1 (a (name) R) S 1 1")

        monkeypatch.setattr(forks, "sleep", sleep)
        forks.wait_for_rest(monotonic() + SECONDS)
        assert len(asleep) == 1

    def test_no_longer_than_it_says_and_then_the_child_refuses_models(self, monkeypatch):
        model = SentenceTransformer(FOLDER, backend="reference")
        wanted = model.encode(TEXTS)
        inside, leave = Event(), Event()

        def hold():
            with WORK():
                inside.set()
                leave.wait(SECONDS)

        thread = Thread(target=hold)
        thread.start()
        try:
            inside.wait(SECONDS)
            monkeypatch.setattr(forks, "PATIENCE", 0.05)
            found = [
                in_child(lambda: model.encode(TEXTS)),
                in_child(lambda: SentenceTransformer(FOLDER)),
            ]
        finally:
            leave.set()
            thread.join()
        for said in found:
            assert said.startswith("Unsupported: This process was forked while another thread")
            assert "spawn" in said
        assert np.allclose(model.encode(TEXTS), wanted, atol=1e-5)


def test_a_device_whose_driver_the_parent_has_used_is_refused():
    work = Work()
    work.use("cuda")
    work.use("cuda")
    work.after_fork_in_child()
    with pytest.raises(Unsupported, match="device of kind 'cuda', whose driver does not survive"):
        work.use("cuda")
    work.use("xpu")


def test_a_stream_that_was_begun_before_is_refused(model):
    stream = model.encode_iter(TEXTS * 3, window_size=10)
    next(stream)
    assert in_child(lambda: list(stream)).startswith("Unsupported: This stream was begun before")
    assert len(list(stream)) == len(TEXTS) * 3 - 1


POOL = """
import os, sys
from isomorph import SentenceTransformer
from isomorph.errors import PoolBroken
if __name__ == "__main__":
    model = SentenceTransformer(sys.argv[1], backend="reference")
    with model.start_multi_process_pool(["cpu"]) as pool:
        child = os.fork()
        if not child:
            try:
                model.encode(["a river"] * 4, pool=pool)
            except PoolBroken as error:
                print(error, flush=True)
            pool.close()
            sys.exit()
        assert os.waitpid(child, 0)[1] == 0
        print(model.encode(["a river"] * 4, pool=pool).shape, len(pool), flush=True)
"""


def test_a_pool_is_its_parents_who_goes_on_with_it(tmp_path):
    file = tmp_path / "program.py"
    file.write_text(POOL, "utf-8")
    code, out, said = run_program(
        f"import runpy; runpy.run_path({str(file)!r}, run_name='__main__')", FOLDER
    )
    assert code == 0, said
    refused, computed = out.splitlines()
    assert refused.startswith("This pool is the parent's of this process")
    assert computed == "(4, 20) 1"


def test_a_pool_in_a_child_of_this_process_is_refused():
    model = SentenceTransformer(FOLDER, backend="reference")
    with model.start_multi_process_pool(TWO) as pool:
        said = in_child(lambda: model.encode(TEXTS, pool=pool))
        assert said.startswith(f"{PoolBroken.__name__}: This pool is the parent's")
        assert len(pool) == 2
        assert len(model.encode(TEXTS, pool=pool)) == len(TEXTS)


def test_values_that_are_made_once_need_no_lock_that_a_child_may_miss():
    files = Path(isomorph.__file__).parent.rglob("*.py")
    assert not [file for file in files if "import cached_property" in file.read_text("utf-8")]
