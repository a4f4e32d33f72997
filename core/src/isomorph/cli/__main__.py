"""``python -m isomorph.cli``: the console script, where no script is on the path."""

from isomorph.cli.main import app

app(prog_name="isomorph")
