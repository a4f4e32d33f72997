"""What `import isomorph` brings along, seen in processes of its own."""

from __future__ import annotations

import json
import subprocess
import sys

HEAVY = ("torch", "transformers", "onnxruntime", "openvino", "scipy", "sklearn")
MOST_MODULES = 20
"""Modules beyond numpy's: how long they take is what `make bench` measures, on a machine that is at rest."""

SCRIPT = """
import json, sys
import numpy
before = set(sys.modules)
import isomorph
print(json.dumps(sorted(set(sys.modules) - before)))
"""
AND_DISCOVER = SCRIPT.replace("import isomorph", "import isomorph; isomorph.installed()")


def run(script):
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    return json.loads(done.stdout)


def test_it_imports_no_engine():
    modules = run(SCRIPT)
    assert not set(HEAVY) & set(modules)


def test_discovering_backends_imports_no_engine():
    modules = run(AND_DISCOVER)
    assert not set(HEAVY) & set(modules)


def test_it_imports_few_modules():
    assert len(run(SCRIPT)) < MOST_MODULES
