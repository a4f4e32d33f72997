"""Threads that OpenVINO keeps of freed models are not in a forked child; nobody waits for them there."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from isomorph.testing import models

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
SECONDS = 120

BEGIN = """
import os, sys, warnings
import numpy as np
from isomorph import SentenceTransformer
from isomorph.errors import Unsupported

warnings.simplefilter("ignore")
texts = [f"the cat sat {number}" for number in range(40)]

def forked(work):
    child = os.fork()
    if not child:
        try:
            print(work(), flush=True)
        finally:
            os._exit(0)
    os.waitpid(child, 0)

def agrees():
    try:
        return bool(np.allclose(model.encode(texts), expected, atol=1e-5))
    except Unsupported as error:
        return f"refused: {error}"

def twice():
    first = agrees()
    forked(agrees)
    return first

model = SentenceTransformer(sys.argv[1], backend="openvino")
expected = model.encode(texts)
"""

CLOSED = """
others = [SentenceTransformer(sys.argv[1], backend="openvino") for _ in range(2)]
for other in others:
    other.encode(texts)
    other.close()
forked(twice)
print(agrees(), flush=True)
"""

HELD = """
def compiled():
    with SentenceTransformer(sys.argv[1], backend="openvino") as other:
        other.encode(texts)
        return other.compiled_model

held = [compiled() for _ in range(3)]  # by the program, which frees them when it likes
del held
forked(agrees)
print(agrees(), flush=True)
"""


def said_by(program: str, folder: Path) -> list[str]:
    with subprocess.Popen(
        [sys.executable, "-c", program, str(folder)],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as running:
        try:
            said, _ = running.communicate(timeout=SECONDS)
        finally:
            if running.poll() is None:
                os.killpg(running.pid, 9)
    return said.splitlines()


@pytest.fixture
def folder(tmp_path):
    return models.write("pool-cls", tmp_path / "model")


def test_a_child_computes_and_a_child_of_it_computes_or_is_refused(folder):
    grandchild, child, parent = said_by(BEGIN + CLOSED, folder)
    assert (child, parent) == ("True", "True")
    assert grandchild == "True" or "forked from a forked process" in grandchild


def test_a_child_computes_whoever_held_the_models_that_were_freed(folder):
    assert said_by(BEGIN + HELD, folder) == ["True", "True"]
