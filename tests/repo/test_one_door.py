"""`isomorph.files.folder` alone opens files of a model: what opens a path elsewhere is listed here."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = [ROOT / "core" / "src" / "isomorph"] + [
    package for folder in (ROOT / "backends").iterdir() for package in (folder / "src").iterdir()
]
OUTSIDE = ("testing", "evaluation", "cli", "card", "hub", "starters")
"""Packages that read no model: they write folders, or read what the user, an evaluation or we made."""

READS = {"read_text", "read_bytes", "from_file", "memmap", "safe_open", "fromfile", "copyfile"}

ALLOWED = {
    "messages/install.py": "reads the pyproject.toml of the clone that isomorph was installed from",
    "machine/disk.py": "has the disk take what was written",
    "machine/exchange.py": "a folder that is a lock",
    "machine/locks.py": "files that are locks",
    "machine/cpu.py": "reads /proc and cgroups",
    "machine/forks.py": "reads /proc of this process",
    "machine/free_memory.py": "reads /proc and cgroups",
    "compile_cache/identity.py": "reads /proc/cpuinfo",
    "tune/worker.py": "texts that the process which started this one has written",
    "tuned/kept.py": "the choice that 'isomorph tune' wrote into the cache folder",
    "pool/life.py": "reads /proc of a worker",
    "preprocess/pixels/decode.py": "an image of the caller's, which is no file of a model",
    "files/weights.py": "safe_open judges a held file, whose name is compared afterwards",
    "preprocess/video/container.py": "a video that the user passes by its path",
    "preprocess/sound/decode.py": "a sound that the user passes by its path",
    "files/tensor.py": "a Tensor that a plugin made has a path and no held file",
    "saving/weights.py": "a Tensor that a plugin made has a path and no held file",
    "parts/transformer.py": "reads the copy that it has just written",
    "parts/tables.py": "vectors and weights that the user passes by their path",
    "saving/text.py": "reads the copy that it has just written",
    "quantize/card.py": "reads the copy that it has just written",
    "quantize/given.py": "texts and pairs that the user passes by their path",
    "saving/layout.py": "reads the copy that it has just written",
    "resolve/integrity.py": "an archive or a weight file whose hash is recorded",
    "isomorph_onnx/coded.py": "reads /proc/cpuinfo",
    "isomorph_openvino/instructions.py": "reads /proc/cpuinfo",
    "isomorph_torch/threads.py": "reads /proc/loadavg",
    "isomorph_openvino/weights.py": "a Tensor that a plugin made has a path and no held file",
}
"""File, from its package on: why it opens what is no model's file, or opens it safely."""


def reads(file: Path) -> set[str]:
    """How a file reads paths: names of calls, open with a mode or an encoding for reading, and os.open."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        plain = isinstance(node.func, ast.Name)
        name = getattr(node.func, "id" if plain else "attr", "")
        if ast.unparse(node.func) == "os.open":
            found.add("os.open")
        elif (name in READS and not (plain and name == "read_text")) or (
            name == "open" and _is_for_reading(node)
        ):
            found.add(name)
    return found


def _is_for_reading(call: ast.Call) -> bool:
    """Whether a call of this name opens a file to read it, rather than a plan, or a file to write."""
    modes = [arg.value for arg in call.args if isinstance(arg, ast.Constant)]
    modes += [each.value.value for each in call.keywords if isinstance(each.value, ast.Constant)]
    texts = [mode for mode in modes if isinstance(mode, str)]
    named = isinstance(call.func, ast.Name) or any(each.arg == "encoding" for each in call.keywords)
    return any(mode in ("r", "rb", "rt", "r+b") for mode in texts) or (
        named and not any(set(mode) & set("wax") for mode in texts if len(mode) <= 3)
    )


DOOR = ("files/folder.py", "files/identity.py")
"""The files that open what a model's folder holds."""


def test_paths_are_read_only_where_it_is_said_why():
    found = {
        file.relative_to(package if package.name == "isomorph" else package.parent).as_posix(): how
        for package in PACKAGES
        for file in sorted(package.rglob("*.py"))
        if file.relative_to(package).parts[0] not in OUTSIDE and (how := reads(file))
    }
    unasked = {name: how for name, how in found.items() if name not in (*DOOR, *ALLOWED)}
    assert not unasked, "ask Folder for these files"
    assert found.keys() >= ALLOWED.keys(), "take those that open nothing off the list"


def test_a_call_that_reads_is_found(tmp_path):
    source = tmp_path / "source.py"
    source.write_text(
        "def f(p):\n    open(p)\n    p.read_bytes()\n    read_text(p)\n    open(p, 'w')\n"
    )
    assert reads(source) == {"open", "read_bytes"}
    source.write_text("import os\n\ndef f(p):\n    os.open(p, os.O_RDONLY)\n")
    assert reads(source) == {"os.open"}
    source.write_text("def f(p):\n    open(p, 'wb')\n    read_text(p)\n")
    assert not reads(source)
