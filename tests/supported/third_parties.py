"""The section of third parties in docs/support.md, made of what their runs of the kit wrote as JSON.

``python -m supported.third_parties`` writes this section alone. A third party sends one file for
docs/third_parties: what ``pytest --isomorph-json FILE`` wrote, without changes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

DOCS = Path(__file__).parents[2] / "docs"
FOLDER = DOCS / "third_parties"
PAGE = DOCS / "support.md"
TITLE = "## Backends of third parties"
HEAD = f"""
{TITLE}

Their authors ran the conformance kit and sent its report, which lies in `docs/third_parties`. Nobody of this
project ran it again. [authors.md](authors.md) says how a backend gets its row.

| backend | distribution | device | modules claimed | tests | kit |
|---|---|---|---|---|---|
"""


def section(folder: Path = FOLDER) -> str:
    """The section with a row for each backend of each report, by the names of the backends.

    Raises:
        ValueError: a file is no report of the kit, or one of a run that tested no backend.
    """
    rows = [row for file in sorted(folder.glob("*.json")) for row in _rows(file)]
    return HEAD + "\n".join(sorted(rows) or ["| none yet | | | | | |"]) + "\n"


def with_section(page: str, made: str) -> str:
    """The page with this section in place of the one that it has, or behind all others."""
    before, title, after = page.partition(f"\n{TITLE}\n")
    _, heading, rest = after.partition("\n## ") if title else ("", "", "")
    return before + made + heading + rest


def _rows(file: Path) -> Iterator[str]:
    try:
        said = json.loads(file.read_text("utf-8"))
        if not said["backends"]:
            raise ValueError("it tested no backend")
        for backend in said["backends"]:
            yield _row(said, backend)
    except (KeyError, TypeError, ValueError) as cause:
        raise ValueError(f"{file} is no report of the kit: {cause!r}") from cause


def _row(said: Mapping[str, Any], backend: Mapping[str, Any]) -> str:
    tests = said["tests"]
    outcomes = ("passed", "failed", "error", "xfailed", "skipped")
    ended = ", ".join(f"{tests[name]} {name}" for name in outcomes if tests[name])
    claimed, whole = (sum(backend[key].values()) for key in ("claimed", "modules"))
    kit = f"isomorph {said['isomorph']}, contract {said['contract']}"
    kit += ", quick" if said["quick"] else ""
    cells = backend["name"], backend["distribution"], backend["device"]
    return (
        "| " + " | ".join((*cells, f"{claimed} of {whole}", ended, kit)).replace("\n", " ") + " |"
    )


def main() -> None:
    PAGE.write_text(with_section(PAGE.read_text("utf-8"), section()), "utf-8")


if __name__ == "__main__":
    main()
