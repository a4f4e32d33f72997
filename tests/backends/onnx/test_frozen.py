"""The kit on a backend that runs compiled files of fixed shapes alone, which a function prepares."""

import json
import os
import subprocess
import sys
from pathlib import Path

FROZEN = Path(__file__).parent / "frozen"


def test_the_kit_judges_a_backend_of_compiled_files(tmp_path):
    meta = tmp_path / "frozen-1.0.dist-info"
    meta.mkdir()
    (meta / "METADATA").write_text("Metadata-Version: 2.1\nName: frozen\nVersion: 1.0\n")
    (meta / "entry_points.txt").write_text("[isomorph]\nfrozen = frozen_plugin\n")
    path = filter(None, (str(tmp_path), str(FROZEN), os.environ.get("PYTHONPATH")))
    report = tmp_path / "report.json"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-ra", "--tb=short"]
    command += ["-p", "isomorph.testing.plugin", "--isomorph-backend", "frozen", "--isomorph-quick"]
    command += ["--isomorph-prepare", "frozen_plugin:prepare", "--isomorph-json", str(report)]
    command += [
        "-k",
        "cut or outputs or monotone or arithmetic or round_trips or vacuous",
        "--pyargs",
        "isomorph.testing.suite",
    ]
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
    (backend,) = said["backends"]
    assert backend["claimed"]["transformer"] == 5
    assert said["tests"]["passed"] > 20
