"""The kit as pytest sees it: binding, skipping, expected failures, the command without code."""

import json
import os
import subprocess
import sys

import pytest

from isomorph.contract import CONTRACT
from isomorph.testing.asked import MODELS
from isomorph.testing.primitives import cases
from isomorph.testing.recipes import CATALOGUE, VARIED

MODULES = sum(1 + len(recipe.parts) for recipe in CATALOGUE.values())
BIND = """
import pytest
from isomorph.testing.suite import BackendTests

class TestBound(BackendTests):
    {body}

    @pytest.fixture
    def backend_name(self):
        return {name!r}
"""
ASKED = ("bert-odd-sizes", "static", "static-dense", *VARIED)
FEW = """
from isomorph.testing import asked

for law, names in asked.MODELS.items():
    asked.MODELS[law] = tuple(name for name in names if name in {names!r})
"""
"""A plugin that leaves few models to all laws: a class of thousands of tests takes seconds to collect."""


def kit(folder, *arguments, env=None, name="reference", body="pass", models=ASKED):
    """Runs pytest in a process of its own on a file that binds a backend, about few models."""
    (folder / "test_bound.py").write_text(BIND.format(name=name, body=body))
    (folder / "few.py").write_text(FEW.format(names=models))
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-ra", "-p", "few"]
    command += arguments
    return subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, **(env or {})},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_backend_is_bound_by_one_fixture(tmp_path):
    done = kit(tmp_path, "-k", "bert-odd-sizes or vacuous or devices or quiet or untouched")
    assert done.returncode == 0, done.stdout
    assert "passed" in done.stdout


def test_the_plugin_runs_the_kit_without_code_and_reports(tmp_path):
    done = kit(
        tmp_path,
        "-p",
        "isomorph.testing.plugin",
        "--isomorph-backend",
        "reference",
        "--isomorph-device",
        "cpu",
        "--pyargs",
        "isomorph.testing.suite",
        "-k",
        "static or vacuous",
    )
    assert done.returncode == 0, done.stdout
    assert f"reference on cpu: {MODULES}/{MODULES} modules claimed" in done.stdout
    assert "static_embedding" in done.stdout


def test_a_named_backend_that_is_absent_fails_with_its_reason(tmp_path):
    done = kit(tmp_path, "-k", "vacuous or devices or quiet", name="absent")
    assert done.returncode == 1
    assert "2 failed" in done.stdout
    assert "1 error" in done.stdout
    assert "'absent' was named and cannot be tested: Backend 'absent' was asked for" in done.stdout


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("crooked_backend:Crookde", "has no attribute 'Crookde'"),
        ("nowhere_at_all:Crooked", "No module named 'nowhere_at_all'"),
        ("crooked_backend:Crooked", "driver 535 is too old"),
    ],
)
def test_a_named_backend_that_cannot_be_constructed_fails_with_its_reason(tmp_path, target, said):
    (tmp_path / "crooked_backend.py").write_text(
        "def Crooked():\n    raise OSError('driver 535 is too old')\n"
    )
    (tmp_path / "crooked_plugin.py").write_text(
        "from isomorph.contract import BackendInfo\n"
        "from isomorph.hookspecs import hookimpl\n"
        "@hookimpl\n"
        "def isomorph_backends():\n"
        f"    return [BackendInfo('crooked', {target!r})]\n"
    )
    meta = tmp_path / "crooked-1.0.dist-info"
    meta.mkdir()
    (meta / "METADATA").write_text("Metadata-Version: 2.1\nName: crooked\nVersion: 1.0\n")
    (meta / "entry_points.txt").write_text("[isomorph]\ncrooked = crooked_plugin\n")
    path = filter(None, (str(tmp_path), os.environ.get("PYTHONPATH")))
    done = kit(
        tmp_path,
        "-k",
        "vacuous or devices",
        name="crooked",
        env={"PYTHONPATH": os.pathsep.join(path)},
    )
    assert done.returncode == 1, done.stdout
    assert " skipped in " not in done.stdout
    assert "1 failed" in done.stdout
    assert (
        "'crooked' was named and cannot be tested: Plugin 'crooked' of crooked 1.0" in done.stdout
    )
    assert said in done.stdout


PLUGIN = ("-p", "isomorph.testing.plugin")


def test_an_absent_backend_is_skipped_where_the_run_asks_for_that(tmp_path):
    done = kit(
        tmp_path, *PLUGIN, "--isomorph-skip-absent", "-k", "vacuous or devices", name="absent"
    )
    assert done.returncode == 0
    assert "2 skipped" in done.stdout
    assert "Backend 'absent' was asked for" in done.stdout


@pytest.mark.parametrize("processes", [(), ("-n", "2", "--dist", "worksteal")])
def test_a_quick_run_asks_each_law_about_few_models_and_reports_as_data(tmp_path, processes):
    file = tmp_path / "report.json"
    options = (*processes, "--isomorph-quick", "--isomorph-json", str(file))
    done = kit(tmp_path, *PLUGIN, *options, "-k", "test_outputs_are_exact or vacuous")
    assert done.returncode == 0, done.stdout
    said = json.loads(file.read_text("utf-8"))
    assert said["contract"] == CONTRACT
    assert said["tests"]["passed"] == len(VARIED) + 1
    (backend,) = said["backends"]
    assert (backend["name"], backend["device"]) == ("reference", "cpu")
    assert backend["claimed"] == backend["modules"]
    assert backend["distribution"].startswith("isomorph-core ")


def test_gaps_in_a_file_must_fail_and_are_tests_with_a_reason(tmp_path):
    gaps = tmp_path / "gaps.txt"
    gaps.write_text("# not yet\ntest_claims_are_not_vacuous: it claims nothing yet\n")
    options = (*PLUGIN, "--isomorph-gaps", str(gaps), "-k", "vacuous")
    done = kit(tmp_path, *options)
    assert done.returncode == 1
    assert "XPASS(strict)" in done.stdout
    gaps.write_text("test_no_such_law: because\n")
    done = kit(tmp_path, *options)
    assert done.returncode == 4
    assert "line 1" in done.stderr
    assert "a test of the kit" in done.stderr


PRIMITIVES = """
import numpy as np
import pytest
from isomorph.reference.interpret import Interpreter
from isomorph.testing.primitive_suite import PrimitiveTests

class TestMine(PrimitiveTests):
    lacking = frozenset({"lstm"})

    @pytest.fixture
    def run(self):
        def go(program, feeds):
            found = Interpreter(program).run(feeds)
            wrong = any(node.primitive == "cumsum" for node in program.nodes)
            return {"out": found["out"] + 1} if wrong else found
        return go
"""


def test_primitives_are_bound_by_one_fixture_and_a_wrong_one_is_found(tmp_path):
    (tmp_path / "test_primitives.py").write_text(PRIMITIVES)
    command = [sys.executable, "-m", "pytest", "-q", "-ra", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*command, "test_primitives.py"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    failed = [line for line in done.stdout.splitlines() if line.startswith("FAILED")]
    wrong = [case for case in cases() if any(n.primitive == "cumsum" for n in case.program.nodes)]
    assert len(failed) == len(wrong) > 0
    assert "the engine lacks lstm" in done.stdout


def test_an_expected_backend_may_not_be_skipped(tmp_path):
    expect = {"ISOMORPH_EXPECT": "other,absent"}
    options = (*PLUGIN, "--isomorph-skip-absent", "-k", "vacuous or devices or quiet")
    done = kit(tmp_path, *options, name="absent", env=expect)
    assert done.returncode == 1
    assert "2 failed" in done.stdout
    assert "1 error" in done.stdout
    assert "ISOMORPH_EXPECT lists 'absent'" in done.stdout


def test_a_law_cannot_be_overridden_or_removed(tmp_path):
    for body in ("def test_every_cut_agrees(self): pass", "test_every_cut_agrees = None"):
        done = kit(tmp_path, body=body)
        assert done.returncode != 0
        assert "TestBound changes test_every_cut_agrees" in done.stdout


def test_an_expected_failure_must_fail(tmp_path):
    body = "expected_failures = {'test_claims_are_not_vacuous': 'it claims nothing yet'}"
    done = kit(tmp_path, "-k", "vacuous", body=body)
    assert done.returncode == 1
    assert "XPASS(strict)" in done.stdout


def test_an_expected_failure_is_expected(tmp_path):
    body = (
        "tolerance = (0.0, -1.0); expected_failures = {'test_threads_agree[static-dense]': 'shown'}"
    )
    asked = tuple(name for name in MODELS["test_threads_agree"] if "static" in name)
    done = kit(tmp_path, "-k", "test_threads_agree", body=body, models=asked)
    others = len(asked) - 1
    assert others
    assert "1 xfailed" in done.stdout
    assert f"{others} failed" in done.stdout


@pytest.mark.parametrize(
    "entry",
    ["{'test_no_such_law': 'a reason'}", "{'test_devices': ''}", "{'test_devices[x]': 'a'}"],
)
def test_an_expected_failure_names_a_test_and_a_reason(tmp_path, entry):
    done = kit(tmp_path, "-k", "untouched", body=f"expected_failures = {entry}")
    assert done.returncode == 1


def test_without_a_name_the_suite_says_how_to_give_one(tmp_path):
    done = kit(tmp_path, "--pyargs", "isomorph.testing.suite", "-k", "vacuous")
    assert "--isomorph-backend NAME" in done.stdout


def test_a_model_that_is_not_claimed_is_skipped_and_not_passed(tmp_path):
    (tmp_path / "shy.py").write_text(
        "from isomorph.contract import Claim\n"
        "from isomorph.testing.saboteurs import Honest\n"
        "class Shy(Honest):\n"
        "    def claim(self, model, device):\n"
        "        return Claim(device, 0, reason='too shy')\n"
    )
    (tmp_path / "shy_plugin.py").write_text(
        "from isomorph.contract import BackendInfo\n"
        "from isomorph.hookspecs import hookimpl\n"
        "@hookimpl\n"
        "def isomorph_backends():\n"
        "    return [BackendInfo('shy', 'shy:Shy')]\n"
    )
    meta = tmp_path / "shy-1.0.dist-info"
    meta.mkdir()
    (meta / "METADATA").write_text("Metadata-Version: 2.1\nName: shy\nVersion: 1.0\n")
    (meta / "entry_points.txt").write_text("[isomorph]\nshy = shy_plugin\n")
    path = (str(tmp_path), os.environ.get("PYTHONPATH"))
    done = kit(
        tmp_path,
        "-p",
        "isomorph.testing.plugin",
        "-k",
        "static or vacuous or quiet",
        name="shy",
        env={"PYTHONPATH": os.pathsep.join(filter(None, path))},
    )
    assert "static is not claimed: too shy" in done.stdout
    assert f"shy on cpu: 0/{MODULES} modules claimed" in done.stdout
    assert "FAILED test_bound.py::TestBound::test_claims_are_not_vacuous" in done.stdout
