"""What a backend prints, in Python or C, is in no answer of a command."""

import io
import json
import os
import subprocess
import sys

import pytest

from isomorph.cli.answer import answer, answering

LOUD = """
import ctypes, os, sys
from isomorph.reference.backend import ReferenceBackend

def speak(what):
    print(f"python {what}")
    os.write(1, f"descriptor {what}\\n".encode())
    if os.name != "nt":
        ctypes.CDLL(None).puts(f"library {what}".encode())  # buffered, where stdout is a pipe

def loud(name):
    method = getattr(ReferenceBackend, name)
    def spoken(*args, **kwargs):
        speak(name)
        return method(*args, **kwargs)
    setattr(ReferenceBackend, name, spoken)

for name in ("devices", "claim", "load"):
    loud(name)
from isomorph.cli import app
app(prog_name="isomorph")
"""
COMMANDS = {
    "embed": ["embed", "-", "-b", "reference", "-o", "-", "-m"],
    "explain": ["explain", "-b", "reference"],
    "backends": ["backends", "--json"],
}


def run(*arguments, text=""):
    """``isomorph ARGUMENTS`` in a process whose reference backend prints whatever it does."""
    done = subprocess.run(
        [sys.executable, "-c", LOUD, *arguments],
        input=text,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done


@pytest.mark.parametrize("command", COMMANDS)
def test_what_a_backend_prints_is_on_stderr(command, tiny):
    model = [] if command == "backends" else [str(tiny)]
    done = run(*COMMANDS[command], *model, text="the cat\na mat\n")
    voices = ["python", "descriptor", *([] if os.name == "nt" else ["library"])]
    for voice in voices:
        assert f"{voice} devices" in done.stderr
        assert voice not in done.stdout
    if command == "embed":
        assert [json.loads(line)["index"] for line in done.stdout.splitlines()] == [0, 1]
    elif command == "backends":
        assert json.loads(done.stdout)["backends"]
    else:
        assert "reference" in done.stdout


def test_a_stream_of_a_program_around_is_the_answers(monkeypatch):
    here, there = io.StringIO(), io.StringIO()
    monkeypatch.setattr(sys, "stdout", here)
    monkeypatch.setattr(sys, "stderr", there)
    with answering():
        print("chatter")
        answer().write("vectors")
        with answering():
            answer().write(" and more")
    print(" at the end", file=answer())
    assert here.getvalue() == "vectors and more at the end\n"
    assert there.getvalue() == "chatter\n"
