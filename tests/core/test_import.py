"""What `import isomorph` costs, measured in processes of its own."""

from __future__ import annotations

import json
import subprocess
import sys

HEAVY = ("torch", "transformers", "onnxruntime", "openvino", "scipy", "sklearn")
MOST_SECONDS = 0.150

SCRIPT = """
import sys, time
import numpy
start = time.perf_counter()
import isomorph
seconds = time.perf_counter() - start
import json
print(json.dumps([seconds, sorted(sys.modules)]))
"""
AND_DISCOVER = SCRIPT.replace("seconds =", "isomorph.installed(); seconds =")


def run(script):
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    return json.loads(done.stdout)


def test_it_imports_no_engine():
    _, modules = run(SCRIPT)
    assert not set(HEAVY) & set(modules)


def test_discovering_backends_imports_no_engine():
    _, modules = run(AND_DISCOVER)
    assert not set(HEAVY) & set(modules)


def test_it_takes_next_to_no_time():
    assert min(run(SCRIPT)[0] for _ in range(5)) < MOST_SECONDS
