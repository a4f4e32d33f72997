"""The kit on engines that no CPU is like: fixed shapes, half precision, compiled files alone."""

import json
import os
import subprocess
import sys

import pytest

from isomorph.testing.accelerator import KIND
from isomorph.testing.recipes import VARIED


def kit(folder, *options):
    """Runs the kit on the fake accelerator, which no environment has, in a process of its own."""
    meta = folder / "fake-1.0.dist-info"
    meta.mkdir()
    (meta / "METADATA").write_text("Metadata-Version: 2.1\nName: fake\nVersion: 1.0\n")
    (meta / "entry_points.txt").write_text(f"[isomorph]\n{KIND} = isomorph.testing.accelerator\n")
    path = filter(None, (str(folder), os.environ.get("PYTHONPATH")))
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-ra", "--tb=short"]
    command += ["-p", "isomorph.testing.plugin", "--isomorph-backend", KIND, "--isomorph-quick"]
    return subprocess.run(
        [*command, *options, "--pyargs", "isomorph.testing.suite"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("arithmetic", ["float32", "float16"])
def test_the_kit_asks_an_engine_of_fixed_shapes_all_laws(tmp_path, arithmetic):
    report = tmp_path / "report.json"
    options = ("--isomorph-arithmetic", arithmetic, "--isomorph-json", str(report))
    done = kit(tmp_path, *options, "-k", "not import_is_quiet and not sounds")
    assert done.returncode == 0, done.stdout[-6000:]
    said = json.loads(report.read_text("utf-8"))
    assert said["tests"]["passed"] > 10 * len(VARIED)
    assert said["backends"][0]["claimed"]["transformer"] == 5


@pytest.mark.parametrize(("agrees", "failed"), [("1e-7", True), ("2e-2", False)])
def test_how_closely_numbers_must_agree_may_be_said(tmp_path, agrees, failed):
    options = ("--isomorph-arithmetic", "float16", "--isomorph-tolerance", f"{agrees},1e-2")
    done = kit(tmp_path, *options, "-k", "test_numbers_agree")
    assert done.returncode == failed, done.stdout[-3000:]


@pytest.mark.parametrize("given", ["1e-3", "a,b", "0,1", "nan,1", "1,inf"])
def test_tolerances_are_two_numbers_above_0(tmp_path, given):
    done = kit(tmp_path, "--isomorph-tolerance", given)
    assert done.returncode == 4
    assert f"--isomorph-tolerance: '{given}' is not two numbers above 0" in done.stderr
