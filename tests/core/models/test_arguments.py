"""What the constructor's dictionaries become."""

from __future__ import annotations

import pytest

from isomorph.contract import Graph, Model
from isomorph.errors import InputError
from isomorph.runtime.asked import model_with, options_from


def test_a_file_and_its_output_belong_to_the_model_and_not_to_the_options(tmp_path):
    given = {"file_name": "mine", "output_name": "461", "provider": "x"}
    model = model_with(Model.of(Graph((), (), ()), tmp_path), given, None)
    assert (model.artifact, model.artifact_output) == ("mine", "461")
    assert options_from(given, None, False).model_kwargs == {"provider": "x"}
    assert (model.rest(0).artifact, model.rest(0).artifact_output) == (None, None)


def test_an_output_without_a_file_is_refused(tmp_path):
    with pytest.raises(InputError, match="output_name='461' is an output of which file"):
        model_with(Model.of(Graph((), (), ()), tmp_path), {"output_name": "461"}, None)


@pytest.mark.parametrize("said", ["", " ", 5, ["model.onnx"], b"model.onnx"])
@pytest.mark.parametrize("key", ["file_name", "output_name"])
def test_a_name_that_is_none_is_the_users_fault_and_not_the_backends(tmp_path, key, said):
    given = {"file_name": "mine", key: said}
    with pytest.raises(InputError, match=f"model_kwargs {key}="):
        model_with(Model.of(Graph((), (), ()), tmp_path), given, None)
