"""``isomorph new-backend`` and ``isomorph new-plugin``: a whole project of a plugin, to begin with."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from isomorph.cli.answer import answer

Name = Annotated[str, typer.Argument(help="Small letters, digits and hyphens: acme-npu.")]
Output = Annotated[
    Path | None, typer.Option("--output", help="The folder to write; isomorph-NAME by default.")
]


def new_backend(name: Name, output: Output = None) -> None:
    """Write the project of a backend, which installs and passes its tests at once."""
    from isomorph.starters.write import BACKEND

    _write(BACKEND, name, output)


def new_plugin(
    kind: Annotated[
        str, typer.Argument(help="One of: module, reader, resolver, decoder, exporter.")
    ],
    name: Name,
    output: Output = None,
) -> None:
    """Write the project of a plugin with one hook, which installs and passes its tests at once."""
    _write(kind, name, output)


def _write(kind: str, name: str, output: Path | None) -> None:
    from isomorph.plugins.discovery import installed
    from isomorph.starters.write import write_project

    folder = write_project(kind, name, output, installed())
    shown = f'"{folder}"' if " " in str(folder) else str(folder)
    answer().write(
        f'{folder} is written. Next:\n  pip install -e "{folder}[test]"\n  pytest {shown}\n'
    )
