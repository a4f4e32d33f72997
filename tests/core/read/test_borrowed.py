"""A ``config.json`` is read once, whether or not it takes options from elsewhere; what is none is named."""

from __future__ import annotations

from collections import Counter

import pytest

from isomorph import SentenceTransformer
from isomorph.errors import BadModel
from isomorph.files.folder import Folder
from isomorph.read.borrowed import FILE, completed
from isomorph.testing.models import write


def test_each_config_of_a_model_is_read_once(tmp_path, monkeypatch):
    folder, read = write("bert", tmp_path / "model"), Counter()
    original = Folder.text

    def text(self, *parts, **how):
        read[self.path(*parts)] += 1
        return original(self, *parts, **how)

    monkeypatch.setattr(Folder, "text", text)
    SentenceTransformer(str(folder), backend="reference").close()
    configs = {path: times for path, times in read.items() if path.name == FILE}
    assert configs
    assert set(configs.values()) == {1}, configs


@pytest.mark.parametrize("content", ["{}", "[]", "null"])
def test_a_config_that_says_nothing_stands_for_nothing(content, tmp_path):
    (tmp_path / FILE).write_text(content)
    assert completed(Folder(tmp_path), "") == {}
    assert completed(Folder(tmp_path), "1_Pooling") == {}


def test_one_that_cannot_be_read_is_named(tmp_path):
    (tmp_path / FILE).write_text("{")
    with pytest.raises(BadModel, match=r"config\.json is not readable JSON"):
        completed(Folder(tmp_path), "")
