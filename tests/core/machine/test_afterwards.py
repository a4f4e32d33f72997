"""What is done after an object is gone: on another thread, where no interrupt comes."""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
from weakref import ref

import pytest

from isomorph.machine.afterwards import AFTERWARDS, Afterwards, Living

SECONDS = 60


class Thing:
    pass


def test_work_is_done_once_the_object_is_gone():
    done, thing = [], Thing()
    AFTERWARDS.after(thing, lambda: done.append(threading.get_ident()))
    assert AFTERWARDS.settle(SECONDS)
    assert not done
    del thing
    assert AFTERWARDS.settle(SECONDS)
    assert len(done) == 1
    assert done[0] != threading.get_ident()


def test_no_function_of_python_runs_where_an_object_goes():
    """An interrupt comes only where the interpreter enters one."""
    living, thing, entered = Living(), Thing(), []
    living.add(thing)
    AFTERWARDS.after(thing, Thing)

    def note(frame, event, argument):
        if event == "call":
            entered.append(frame.f_code)

    gc.disable()  # another's callbacks would be seen
    sys.setprofile(note)
    del thing
    sys.setprofile(None)
    gc.enable()
    assert not entered
    assert not list(living)
    assert AFTERWARDS.settle(SECONDS)


def test_what_it_did_is_let_go():
    thing, held = Thing(), Thing()
    watched = ref(held)
    AFTERWARDS.after(thing, held.__init__)
    del thing, held
    assert AFTERWARDS.settle(SECONDS)
    gc.collect()
    assert watched() is None


def test_an_error_is_told_and_the_next_work_is_done(monkeypatch):
    told, done, things = [], [], [Thing(), Thing()]
    monkeypatch.setattr(threading, "excepthook", lambda hooked: told.append(hooked.exc_type))
    AFTERWARDS.after(things[0], lambda: 1 / 0)
    AFTERWARDS.after(things[1], lambda: done.append(True))
    things.clear()
    assert AFTERWARDS.settle(SECONDS)
    assert (told, done) == ([ZeroDivisionError], [True])


def test_its_own_thread_does_not_wait_for_itself():
    answers, thing = [], Thing()
    AFTERWARDS.after(thing, lambda: answers.append(AFTERWARDS.settle(SECONDS)))
    del thing
    assert AFTERWARDS.settle(SECONDS)
    assert answers == [True]


def test_at_the_end_of_the_program_only_what_is_asked_for_is_done():
    own, done, things = Afterwards(), [], [Thing(), Thing()]
    own.after(things[0], lambda: done.append("asked for"), at_exit=True)
    own.after(things[1], lambda: done.append("not"))
    own.end()
    things.clear()
    assert own.settle(SECONDS)
    assert done == ["asked for"]


def test_the_living_are_each_there_once():
    living, things = Living(), [Thing(), Thing()]
    for thing in [*things, *things]:
        living.add(thing)
    assert sorted(map(id, living)) == sorted(map(id, things))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_child_ends_what_is_there_and_not_what_its_parent_ends():
    done, there, gone = [], Thing(), Thing()
    AFTERWARDS.after(there, lambda: done.append("there"))
    AFTERWARDS.after(gone, lambda: done.append("gone"))
    del gone
    assert AFTERWARDS.settle(SECONDS)
    child = os.fork()
    if not child:
        done.clear()
        del there
        ended = AFTERWARDS.settle(SECONDS) and done == ["there"]
        os._exit(0 if ended else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert done == ["gone"]


@pytest.mark.skipif(sys.platform == "win32", reason="SIGINT goes to the whole console there")
def test_an_interrupt_while_a_model_is_freed_ends_the_call():
    """An interrupt that is there when the last reference goes is raised behind it, not lost in it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        for _ in range(50):
            thing = Thing()
            AFTERWARDS.after(thing, Thing)
            with pytest.raises(KeyboardInterrupt):
                [signal.raise_signal(signal.SIGINT), thing := None]
    finally:
        signal.signal(signal.SIGINT, before)
