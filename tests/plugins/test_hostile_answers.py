"""Resolvers and readers that answer what is no path and no model, and plugins that never came to answer."""

import traceback
from pathlib import Path

import pytest

from isomorph.errors import BadModel, ModelNotFound, PassedOver, UnknownFormat
from isomorph.plugins import table
from isomorph.plugins.reading import read_model
from isomorph.resolve import resolve
from isomorph.testing.models import write

from .guests import HOOK

RESOLVE = HOOK.format(hook="isomorph_resolve", arguments="name", body="return {}")
READ = "from isomorph.contract import Model\n" + HOOK.format(
    hook="isomorph_read_model", arguments="folder", body="{}"
)
ODD_PATH = "type('P', (), {{'__fspath__': lambda self: {}}})()"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("''", "it gives '', no path"),
        ("5", "it gives a int, no path"),
        (ODD_PATH.format("1 / 0"), "ZeroDivisionError"),
        (ODD_PATH.format("b'/tmp'"), "it gives b'/tmp', no path"),
    ],
)
def test_a_resolver_that_gives_no_path_is_told_and_passed_over(site, found, answer, said):
    found(site.add("shelf", RESOLVE.format(answer)))
    with (
        pytest.warns(PassedOver, match=f"'shelf' of shelf 1.0 failed in isomorph_resolve.*{said}"),
        pytest.raises(ModelNotFound, match=r"Perhaps a plugin knows it that failed.*shelf 1\.0"),
    ):
        resolve("shelf://a")


def test_a_resolver_may_give_a_path_from_the_working_folder(site, found, tmp_path, monkeypatch):
    (tmp_path / "model").mkdir()
    monkeypatch.chdir(tmp_path)
    found(site.add("shelf", RESOLVE.format("'model'")))
    assert resolve("shelf://a") == Path(tmp_path / "model")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("return Model({}, folder)", "a Model without chains"),
        ("return Model(None, folder)", "a Model without chains: None"),
        ("return Model({(): 5}, folder)", "a Model with 5 among its chains"),
        ("yield None", "a generator, no Model"),
    ],
)
def test_a_reader_that_gives_no_model_is_told_and_passed_over(site, found, tmp_path, body, said):
    found(site.add("shelf", READ.replace("{}", body)))
    with pytest.warns(PassedOver, match=f"shelf 1.0 failed in isomorph_read_model.*{said}"):
        assert len(read_model(write("bert", tmp_path)).graph) == 2


def test_what_a_reader_refuses_on_purpose_says_who_refused(site, found, tmp_path):
    body = "from isomorph.errors import BadModel; raise BadModel('torn')"
    found(site.add("shelf", READ.replace("{}", body)))
    with pytest.raises(BadModel, match="torn") as caught:
        read_model(write("bert", tmp_path))
    said = "".join(traceback.format_exception(caught.value))
    assert "So says the plugin 'shelf' of shelf 1.0 in isomorph_read_model." in said


def test_what_nobody_knows_names_the_plugins_that_never_loaded(site, found, tmp_path):
    found(site.add("glass", "raise OSError('libglass.so is missing')"))
    told = "Perhaps a plugin knows it that failed.*glass 1.0.*libglass.so is missing"
    with pytest.raises(UnknownFormat, match=told):
        table.by_type("glass.Mirror")
    with pytest.raises(UnknownFormat, match=told):
        read_model(tmp_path)
    with pytest.raises(ModelNotFound, match=told):
        resolve("glass://a")
