"""The page for authors names every law, and commands and options that there are."""

import re
from pathlib import Path

from typer.testing import CliRunner

from isomorph.cli import app
from isomorph.starters.write import KINDS
from isomorph.testing import plugin
from isomorph.testing.suite import BackendTests

PAGE = (Path(__file__).parents[2] / "docs" / "authors.md").read_text("utf-8")


def test_every_law_has_a_row_and_every_row_a_law():
    laws = {name for name in dir(BackendTests) if name.startswith("test_")}
    rows = re.findall(r"^\| `(test_\w+)` \| \S", PAGE, re.MULTILINE)
    assert sorted(rows) == sorted(laws)


def test_commands_and_options_exist():
    named = set(re.findall(r"isomorph ([a-z][a-z-]*[a-z])\b", PAGE)) & set(
        re.findall(r"(?:^    |`)isomorph ([a-z-]+)", PAGE, re.MULTILINE)
    )
    assert {"new-backend", "new-plugin", "verify", "doctor"} <= named
    for command in named:
        assert CliRunner().invoke(app, [command, "--help"]).exit_code == 0, command
    source = Path(plugin.__file__).read_text("utf-8")
    for option in set(re.findall(r"--isomorph-[a-z]+", PAGE)):
        assert f'"{option}"' in source, option
    assert set(re.findall(r"new-plugin (\w+) acme", PAGE)) == set(KINDS)
