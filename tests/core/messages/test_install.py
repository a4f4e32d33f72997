"""Commands in messages work for the way isomorph was installed: from a clone, or from an index."""

import json
from importlib import metadata
from pathlib import Path

import pytest

from isomorph.errors import BackendNotFound, BackendUnavailable, ExportFailed
from isomorph.messages.install import install_command, is_installed, offered
from isomorph.plugins.discovery import discover

EXTRAS = """
one = ["house-one==1.0"]
two = ["house-two[cpu]==1.0"]
all = ["house-one==1.0", "house-two[cpu]==1.0"]
"""


@pytest.fixture
def house(tmp_path, monkeypatch):
    """A clone with core and two projects beside it, and an environment of faked metadata."""
    monkeypatch.setattr("isomorph.messages.install.META", "house")
    monkeypatch.setattr("isomorph.messages.install.CORE", "house-core")
    monkeypatch.setattr("isomorph.plugins.discovery.META", "house")
    clone = tmp_path / "a clone"
    project(clone, "house", f"[project.optional-dependencies]{EXTRAS}")
    project(clone / "core", "house-core")
    project(clone / "backends" / "one", "house-one")
    more = '[project.optional-dependencies]\nexport = ["house-one==1.0", "elsewhere"]\n'
    project(clone / "backends" / "two", "house-two", more)
    site = tmp_path / "site"
    site.mkdir()
    monkeypatch.syspath_prepend(str(site))
    return House(clone, site)


def project(folder: Path, name: str, more: str = "") -> None:
    folder.mkdir(parents=True)
    (folder / "pyproject.toml").write_text(f'[project]\nname = "{name}"\nversion = "1.0"\n{more}')


class House:
    def __init__(self, clone: Path, site: Path) -> None:
        self.clone = clone
        self.site = site

    def install(self, name: str, folder: Path | None = None, editable: bool = False) -> None:
        """The metadata that pip leaves: with a direct_url.json only where a folder was installed."""
        info = self.site / f"{name.replace('-', '_')}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        if folder is not None:
            told = {"url": folder.as_uri(), "dir_info": {"editable": True} if editable else {}}
            (info / "direct_url.json").write_text(json.dumps(told))


def test_from_a_clone_a_requirement_is_a_folder_of_the_clone(house):
    house.install("house-core", house.clone / "core")
    two = house.clone / "backends" / "two"
    assert install_command("house-two[cpu]==1.0") == f"pip install '{two}[cpu]'"


def test_what_was_installed_in_place_stays_so(house):
    house.install("house-core", house.clone / "core", editable=True)
    one = house.clone / "backends" / "one"
    assert install_command("house-one") == f"pip install -e '{one}'"


def test_a_name_may_be_spelled_otherwise(house):
    house.install("house-core", house.clone / "core")
    assert install_command("House_One") == install_command("house-one")
    assert "backends" in install_command("House_One")


def test_from_an_index_a_requirement_is_itself(house):
    house.install("house-core")
    assert install_command("house-two[cpu]==1.0") == "pip install 'house-two[cpu]==1.0'"
    assert install_command("house-one") == "pip install house-one"


def test_what_a_clone_s_project_needs_of_the_same_clone_comes_along(house):
    house.install("house-core", house.clone / "core")
    backends = house.clone / "backends"
    said = install_command("house-two[export]")
    assert said == f"pip install '{backends / 'two'}[export]' '{backends / 'one'}'"
    house.install("house-one", backends / "one")
    assert install_command("house-two[export]") == f"pip install '{backends / 'two'}[export]'"


def test_every_engine_of_a_clone(house):
    house.install("house-core", house.clone / "core")
    one, two = (house.clone / "backends" / name for name in ("one", "two"))
    said = install_command("house[all]")
    assert said == f"pip install '{house.clone}[all]' '{one}' '{two}[cpu]'"


def test_options_and_projects_of_others_stay_as_they_are(house):
    house.install("house-core", house.clone / "core")
    said = install_command("--upgrade engine>=2 other")
    assert said == "pip install --upgrade 'engine>=2' other"


def test_another_project_is_known_by_its_own_metadata(house, tmp_path):
    house.install("house-core")
    project(tmp_path / "acme", "acme")
    house.install("acme", tmp_path / "acme", editable=True)
    assert install_command("acme[cpu]") == f"pip install -e '{tmp_path / 'acme'}[cpu]'"


def test_a_clone_that_is_gone_is_not_named(house, tmp_path):
    house.install("house-core", tmp_path / "gone" / "core")
    assert install_command("house-one") == "pip install house-one"


def test_a_folder_beside_core_that_is_no_clone_is_not_searched(house, tmp_path):
    project(tmp_path / "alone" / "core", "house-core")
    project(tmp_path / "alone" / "one", "house-one")
    house.install("house-core", tmp_path / "alone" / "core")
    assert install_command("house-one") == "pip install house-one"


def test_the_clone_says_what_the_project_offers(house):
    house.install("house-core", house.clone / "core")
    assert offered()["two"] == ["house-two[cpu]==1.0"]


def test_errors_hold_the_command(house):
    house.install("house-core", house.clone / "core")
    one = house.clone / "backends" / "one"
    for error in (BackendUnavailable("one", "x", "house-one"), ExportFailed("a", "x", "house-one")):
        assert error.install == f"pip install '{one}'"
        assert str(error).endswith(f"Run: pip install '{one}'")


def test_a_backend_that_is_not_installed_comes_with_its_command(house):
    house.install("house-core", house.clone / "core")
    with pytest.raises(BackendNotFound) as caught:
        discover([]).info("two")
    assert str(caught.value).endswith(f"Run: pip install '{house.clone / 'backends/two'}[cpu]'")


def test_a_name_that_nobody_offers_comes_with_what_there_is(house):
    house.install("house-core")
    with pytest.raises(BackendNotFound, match=r"isomorph backends.*pip install 'house\[all\]'"):
        discover([]).info("nobody")


def test_core_is_installed_under_the_name_that_is_looked_for():
    from isomorph.messages import install

    assert is_installed(install.CORE)
    assert metadata.distribution(install.CORE).name == install.CORE
