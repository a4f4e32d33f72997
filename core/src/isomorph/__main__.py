"""``python -m isomorph``: the command, where no script is on the path."""

from isomorph.cli.main import app

app(prog_name="isomorph")
