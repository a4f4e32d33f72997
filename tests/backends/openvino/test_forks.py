"""Threads that OpenVINO keeps of closed models are not in a forked child; nobody waits for them there."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from isomorph.testing import models

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
SECONDS = 120

PROGRAM = """
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

models = [SentenceTransformer(sys.argv[1], backend="openvino") for _ in range(3)]
expected = models[0].encode(texts)
for other in models[1:]:
    other.encode(texts)
    other.close()
model = models[0]
forked(twice)
print(agrees(), flush=True)
"""


def test_a_child_computes_and_a_child_of_it_computes_or_is_refused(tmp_path):
    folder = models.write("pool-cls", tmp_path / "model")
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(folder)],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as program:
        try:
            said, _ = program.communicate(timeout=SECONDS)
        finally:
            if program.poll() is None:
                os.killpg(program.pid, 9)
    grandchild, child, parent = said.splitlines()
    assert (child, parent) == ("True", "True")
    assert grandchild == "True" or "forked from a forked process" in grandchild
