"""``python -m isomorph.cli``: as ``python -m isomorph``."""

from isomorph.cli.main import app

app(prog_name="isomorph")
