"""The kit on engines that no CPU is like: fixed shapes, half precision, compiled files alone."""

import json
import os
import subprocess
import sys

import pytest

from isomorph.testing.accelerator import KIND
from isomorph.testing.recipes import VARIED


@pytest.mark.parametrize("arithmetic", ["float32", "float16"])
def test_the_kit_asks_an_engine_of_fixed_shapes_all_laws(tmp_path, arithmetic):
    meta = tmp_path / "fake-1.0.dist-info"
    meta.mkdir()
    (meta / "METADATA").write_text("Metadata-Version: 2.1\nName: fake\nVersion: 1.0\n")
    (meta / "entry_points.txt").write_text(f"[isomorph]\n{KIND} = isomorph.testing.accelerator\n")
    path = filter(None, (str(tmp_path), os.environ.get("PYTHONPATH")))
    report = tmp_path / "report.json"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-ra", "--tb=short"]
    command += ["-p", "isomorph.testing.plugin", "--isomorph-backend", KIND, "--isomorph-quick"]
    command += ["--isomorph-arithmetic", arithmetic, "--isomorph-json", str(report)]
    command += ["-k", "not import_is_quiet and not sounds", "--pyargs", "isomorph.testing.suite"]
    done = subprocess.run(
        command,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-6000:]
    said = json.loads(report.read_text("utf-8"))
    assert said["tests"]["passed"] > 10 * len(VARIED)
    assert said["backends"][0]["claimed"]["transformer"] == 5
