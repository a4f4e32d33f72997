"""What `import isomorph` brings along, seen in processes of its own."""

from __future__ import annotations

import json
import subprocess
import sys

from isomorph.testing.models import write

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
A_TEXT = """
import json, sys
from isomorph import SentenceTransformer
SentenceTransformer(sys.argv[1], backend="reference").encode("a text")
print(json.dumps(sorted(sys.modules)))
"""
OF_OTHERS = (
    "adapters.lora",
    "encoders.disentangled",
    "encoders.experts",
    "encoders.heads.lower",
    "encoders.hearing.families.",
    "encoders.seeing.families.",
    "encoders.vision.families.",
    "files.pickled",
    "modules.media.",
    "modules.tower",
    "postprocess.scores",
    "preprocess.messages.inputs",
    "preprocess.messages.media",
    "preprocess.messages.renderer",
    "preprocess.pairs",
    "preprocess.pixels.",
    "preprocess.sound.",
    "preprocess.video.",
    "preprocess.words",
    "read.model2vec",
    "read.plain",
    "read.sparse_chain",
    "runtime.mixed",
)
"""What models of texts alone have no use for."""
A_CLASS = SCRIPT.replace("import isomorph\n", "from isomorph import SentenceTransformer\n")
OF_LOADING = (
    "encoders.",
    "modules.transformer",
    "program.",
    "read.plain",
    "read.sentence_transformers",
    "reference.",
    "runtime.pipeline",
    "runtime.plan",
)
"""What a class has no use for before a model is read."""
AND_DISCOVER = SCRIPT.replace("import isomorph", "import isomorph; isomorph.installed()")


def run(script, *arguments):
    command = [sys.executable, "-c", script, *arguments]
    done = subprocess.run(command, capture_output=True, check=True)
    return json.loads(done.stdout)


def test_it_imports_no_engine():
    modules = run(SCRIPT)
    assert not set(HEAVY) & set(modules)


def test_discovering_backends_imports_no_engine():
    modules = run(AND_DISCOVER)
    assert not set(HEAVY) & set(modules)


def test_it_imports_few_modules():
    assert len(run(SCRIPT)) < MOST_MODULES


def test_a_class_brings_nothing_that_reads_or_runs_models():
    of_core = [name.removeprefix("isomorph.") for name in run(A_CLASS)]
    assert "models.sentence_transformer" in of_core
    assert not [name for name in of_core if name.startswith(OF_LOADING)]


def test_a_text_brings_nothing_of_images_sounds_and_other_families(tmp_path):
    """Each file takes its time from the first vector."""
    modules = run(A_TEXT, str(write("bert", tmp_path)))
    of_core = [name.removeprefix("isomorph.") for name in modules if name.startswith("isomorph.")]
    assert not [name for name in of_core if name.startswith(OF_OTHERS)]
    families = {name for name in of_core if name.startswith("encoders.families.")}
    assert families == {"encoders.families.bert"}
    vocabularies = {name for name in of_core if name.startswith("preprocess.vocabulary.")}
    assert len(vocabularies) < 8, vocabularies
