"""A stranger's environment: a venv with isomorph-core, its dependencies and pytest, and nothing else."""

import os
import re
import subprocess
import sys
import sysconfig
import venv
from importlib import metadata
from pathlib import Path

PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]


def build(sources, folder):
    """The wheel of a project, built with the hatchling that is installed here."""
    command = [*PIP, "wheel", "--no-index", "--no-deps", "--no-build-isolation"]
    _run([*command, "--wheel-dir", str(folder), str(sources)])
    (wheel,) = folder.glob("*.whl")
    return wheel


class Stranger:
    """A venv, and what is done in it. No network is needed: dependencies are links to what is here."""

    def __init__(self, folder):
        self.folder = folder
        venv.EnvBuilder(symlinks=True, with_pip=False).create(folder)
        scripts = "Scripts" if os.name == "nt" else "bin"
        self.scripts = folder / scripts
        self.python = self.scripts / Path(sys.executable).name
        self.packages = Path(sysconfig.get_path("purelib", vars={"base": str(folder)}))
        for name in _needed("isomorph-core", "pytest", "pytest-xdist"):
            self._link(name)

    def _link(self, name):
        distribution = metadata.distribution(name)
        tops = {Path(file).parts[0] for file in distribution.files or ()}
        for top in tops - {"..", "__pycache__"}:
            target = self.packages / top
            if not target.exists():
                target.symlink_to(distribution.locate_file(top))

    def install(self, wheel):
        """Installs a wheel and nothing that it needs."""
        _run([*PIP, "--python", str(self.python), "install", "--no-index", "--no-deps", str(wheel)])

    def uninstall(self, distribution):
        """Uninstalls a distribution."""
        _run([*PIP, "--python", str(self.python), "uninstall", "--yes", distribution])

    def run(self, *arguments, cwd=None):
        """The standard output of a command of this environment: ``run("isomorph", "doctor")``."""
        return _run([str(self.scripts / arguments[0]), *map(str, arguments[1:])], cwd)

    def test(self, *arguments, cwd=None):
        """What pytest prints."""
        return self.run(self.python.name, "-m", "pytest", "-q", *arguments, cwd=cwd)

    def inventory(self):
        """Every file of this environment that is no compiled copy."""
        files = {file for file in self.folder.rglob("*") if "__pycache__" not in file.parts}
        return {str(file.relative_to(self.folder)) for file in files}


def _run(command, cwd=None):
    """In an environment without our variables, in which this checkout would be found."""
    env = {name: text for name, text in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _needed(*names):
    """All that these distributions need, extras left out; isomorph-core itself is not among them."""
    found, left = set(), list(names)
    while left:
        name = left.pop()
        if name in found:
            continue
        try:
            needs = metadata.distribution(name).requires or ()
        except metadata.PackageNotFoundError:  # for another system, or another Python
            continue
        found.add(name)
        left += [re.match(r"[\w.-]+", need)[0] for need in needs if "extra ==" not in need]
    return found - {"isomorph-core"}
