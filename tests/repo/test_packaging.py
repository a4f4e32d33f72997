"""Versions agree, the public names are what they claim, and nothing names a machine or a registry."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import isomorph

ROOT = Path(__file__).resolve().parents[2]
PROJECTS = [
    path
    for depth in ("", "*/", "*/*/")
    for path in sorted(ROOT.glob(f"{depth}pyproject.toml"))
    if not path.parent.name.startswith(".")
]
PRIVATE = re.compile(
    # In two parts each, so that this file does not name them either.
    "|".join(
        ("pypi" + r"\.org", "files.python" + "hosted", "/ho" + "me/", "/ro" + "ot/", "/wo" + "rk/")
    )
)


def test_all_distributions_have_one_version_and_pin_each_other_to_it():
    versions = {}
    for path in PROJECTS:
        project = tomllib.loads(path.read_text("utf-8"))["project"]
        versions[project["name"]] = project["version"]
        extras = project.get("optional-dependencies", {})
        for need in [*project.get("dependencies", []), *(n for e in extras.values() for n in e)]:
            sibling = re.fullmatch(r"(isomorph[\w-]*)(\[[\w-]+\])?==(.+)", need)
            if path.parents[1].name == "plugins":  # what a third party copies must outlive a patch
                assert not sibling, f"{path}: {need} breaks with the next release of core"
            elif need.startswith("isomorph"):
                assert sibling, f"{path}: {need} is not pinned"
                assert sibling[3] == project["version"]
    assert set(versions.values()) == {isomorph.__version__}
    assert len(versions) == len(PROJECTS)


def test_every_public_name_exists_and_is_documented():
    assert sorted(isomorph.__all__) == isomorph.__all__
    for name in isomorph.__all__:
        value = getattr(isomorph, name)
        assert name == "__version__" or value.__doc__


def test_importing_isomorph_brings_no_engine_and_little_else():
    before = "import sys, numpy, __future__, typing, importlib; before = set(sys.modules)"
    code = f"{before}; import isomorph; print(*(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    new = done.stdout.split()
    assert {name.partition(".")[0] for name in new} == {"isomorph"}


def test_no_tracked_file_names_a_registry_or_a_place_of_one_machine():
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for name in filter(None, listed.stdout.split("\0")):
        path = ROOT / name
        if path.suffix in {".safetensors", ".npz", ".npy", ".model", ".spm"} or not path.is_file():
            continue
        found = PRIVATE.findall(path.read_text("utf-8"))
        assert not found, f"{name} names {found}"
