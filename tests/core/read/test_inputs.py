from __future__ import annotations

import json

import numpy as np
import pytest

from isomorph import SentenceTransformer
from isomorph.errors import BadModel, InputError
from isomorph.modules.tokenizer import padding_side
from isomorph.plugins.reading import read_model

OWN = "sentence_bert_config.json"
TOKENIZER = "tokenizer_config.json"


@pytest.fixture
def lengths(folder, edit):
    """What the three files say, and what the model then takes; it has 64 positions."""

    def read(own=None, tokenizer=None, positions=64):
        edit(OWN, max_seq_length=own)
        edit(TOKENIZER, model_max_length=tokenizer)
        edit("config.json", max_position_embeddings=positions)
        return read_model(folder).inputs.max_length

    return read


@pytest.mark.parametrize(
    ("own", "tokenizer", "found"),
    [
        (16, 32, 16),
        (48, 32, 48),  # the module's own word wins in either direction
        (None, 32, 32),
        (None, 512, 64),
        (512, 512, 64),  # no text reads past the table of positions
        (None, None, 64),
        (None, int(1e30), 64),
        (None, 1e30, 64),
        (0, 32, 32),
    ],
)
def test_where_texts_are_cut(lengths, own, tokenizer, found):
    assert lengths(own, tokenizer) == found


def test_the_length_can_be_set_up_to_the_positions(folder):
    model = SentenceTransformer(folder, backend="reference")
    model.max_seq_length = 8
    assert model.encode(["river " * 30], output_value="token_embeddings")[0].shape[0] == 8
    assert model.report().truncated == (0,)
    for wrong in (0, -1, 65, None):
        with pytest.raises(InputError):
            model.max_seq_length = wrong
    assert model.max_seq_length == 8


def test_arguments_of_the_call_win(folder):
    options = {"model_max_length": 8, "padding_side": "left", "truncation_side": "left"}
    model = SentenceTransformer(folder, backend="reference", processor_kwargs=options)
    assert model.max_seq_length == 8
    with pytest.raises(InputError, match="processor_kwargs surprise have no effect"):
        SentenceTransformer(folder, backend="reference", processor_kwargs={"surprise": 1})


def test_sides_and_lower_casing(folder, edit):
    edit(TOKENIZER, padding_side="left", truncation_side="left")
    edit(OWN, do_lower_case=True)
    text = read_model(folder).inputs
    assert (text.truncation_side, text.lowercase) == ("left", True)


@pytest.mark.parametrize("kwargs", [{}, {"padding_side": "left"}])
def test_padding_does_not_move_the_positions_of_an_encoder(folder, edit, kwargs):
    edit(TOKENIZER, padding_side="left")
    model = SentenceTransformer(folder, backend="reference", processor_kwargs=kwargs)
    texts = ["the river", "a wide and quiet sea", ""]
    alone = [model.encode(text) for text in texts]
    np.testing.assert_allclose(model.encode(texts), alone, atol=1e-6)


@pytest.mark.parametrize(
    ("model_type", "side"), [("bert", "right"), ("llama", "left"), ("?", "left")]
)
def test_left_padding_is_kept_where_nothing_counts_from_the_left(model_type, side):
    sizes = {"hidden_size": 8, "num_attention_heads": 2, "num_hidden_layers": 1, "vocab_size": 9}
    config = {
        "model_type": model_type,
        "intermediate_size": 8,
        "max_position_embeddings": 9,
        **sizes,
    }
    assert padding_side("left", config) == side
    assert padding_side("right", config) == "right"


@pytest.mark.parametrize("name", ["sentence_roberta_config.json", "sentence_xlnet_config.json"])
def test_settings_under_an_older_name(folder, edit, name):
    (folder / OWN).write_text("{}", "utf-8")  # empty counts as absent
    edit(name, max_seq_length=9)
    assert read_model(folder).inputs.max_length == 9


class TestSettings:
    NAME = "config_sentence_transformers.json"

    @pytest.mark.parametrize(
        "content",
        ["[]", "3", "{", '{"prompts": 3}', '{"prompts": {"q": 1}}', '{"model_type": "Diffusion"}'],
    )
    def test_what_cannot_be_settings(self, folder, content):
        (folder / self.NAME).write_text(content, "utf-8")
        with pytest.raises(BadModel, match="config_sentence_transformers"):
            read_model(folder)

    def test_none_at_all(self, folder):
        (folder / self.NAME).unlink()
        model = SentenceTransformer(folder, backend="reference")
        assert model.prompts == {"query": "", "document": ""}
        assert model.similarity_fn_name == "cosine"

    def test_prompts_may_be_null(self, folder, edit):
        edit(self.NAME, prompts=None)
        assert read_model(folder).settings.prompts == {}
        edit(self.NAME, prompts={"query": None})
        assert SentenceTransformer(folder, backend="reference").prompts["query"] == ""

    def test_a_default_prompt_that_does_not_exist(self, folder, edit):
        edit(self.NAME, default_prompt_name="nowhere")
        with pytest.raises(BadModel, match="Default prompt name 'nowhere' not found"):
            SentenceTransformer(folder, backend="reference")


def test_requirements_are_kept_and_not_asked_here(folder, edit, tmp_path):
    needs = {"sentence-transformers": ">=99", "python": "<3"}
    edit("config_sentence_transformers.json", requirements=needs)
    SentenceTransformer(folder, backend="reference").save_pretrained(tmp_path / "saved")
    saved = json.loads((tmp_path / "saved/config_sentence_transformers.json").read_text("utf-8"))
    assert saved["requirements"] == needs
