"""What plugins add to ``isomorph``: found, refused by name where two offer it, and never in core's place."""

import typer

from isomorph.contract import CommandInfo
from isomorph.hookspecs import hookimpl

from .test_backends import Entry


class Plugin:
    def __init__(self, *infos):
        self._infos = infos

    @hookimpl
    def isomorph_commands(self):
        return list(self._infos)


def greet(name: str) -> None:
    """Greet somebody."""
    print("hello", name)


GREET = CommandInfo("greet", f"{__name__}:greet", summary="Greets.")


def test_a_command_is_listed_and_runs(isomorph, install):
    install(Entry("a", Plugin(GREET)))
    assert "Greets." in isomorph("--help").stdout
    assert isomorph("greet", "you").stdout == "hello you\n"


several = typer.Typer()
several.command("greet")(greet)
several.command("part")(lambda: print("goodbye"))


def test_a_command_may_have_commands_of_its_own(isomorph, install):
    install(Entry("a", Plugin(CommandInfo("say", f"{__name__}:several", summary="Says."))))
    assert isomorph("say", "greet", "you").stdout == "hello you\n"
    assert isomorph("say", "part").stdout == "goodbye\n"


def test_a_list_imports_no_command(isomorph, install):
    install(Entry("a", Plugin(CommandInfo("gone", "no_such_module:f", summary="Is gone."))))
    assert "Is gone." in isomorph("--help").stdout
    done = isomorph("gone")
    assert done.exit_code == 2
    assert "no_such_module" in done.output


def test_two_of_one_name_are_refused(isomorph, install):
    install(Entry("a", Plugin(GREET)), Entry("b", Plugin(GREET)))
    done = isomorph("greet", "you")
    assert done.exit_code == 2
    assert "offered by" in done.output


def test_what_a_command_needs_is_said(isomorph, install):
    info = CommandInfo("greet", "x:y", requires=("no_such_library",), install="no-such[library]")
    install(Entry("a", Plugin(info)))
    assert "no-such[library]" in isomorph("greet").output


def test_names_of_core_stay_its_own(isomorph, install):
    install(Entry("a", Plugin(CommandInfo("backends", f"{__name__}:greet"))))
    assert "hello" not in isomorph("backends").output


def test_a_command_that_is_not_there_is_refused_with_those_that_are(isomorph, install):
    install(Entry("a", Plugin(GREET)))
    done = isomorph("sreve")
    assert done.exit_code == 2
    assert "isomorph has no command 'sreve'; there are: backends, doctor, " in done.stderr
    assert "greet. Plugins bring others." in done.stderr


def test_a_command_of_this_project_is_refused_with_what_installs_it(isomorph, install, monkeypatch):
    monkeypatch.setattr("isomorph.messages.install.offered", lambda: {"race": ["no-such-race==1"]})
    install(Entry("a", Plugin(GREET)))
    assert "Run: pip install no-such-race==1" in isomorph("race").stderr
