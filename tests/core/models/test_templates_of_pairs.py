"""Rerankers whose chat template carries pairs alone, and inputs that nobody asked for."""

from __future__ import annotations

import numpy as np
import pytest
from tests.parity.mingled_models import TEXTS, build, pictures

from isomorph import CrossEncoder, installed
from isomorph.errors import BadInputWarning, InputError
from isomorph.export.verify import verify

IMAGES = pictures()
QUERY, DOCUMENT = TEXTS
BACKENDS = [info.name for info in installed().infos]
PAIRS_ALONE = (
    "{% for role in ('query', 'document') %}{% for m in messages if m.role == role %}<{{ role }}>"
    "{% for part in m.content %}{% if part.type == 'image' %}<|vision_start|><|image_pad|><|vision_end|>"
    "{% elif part.type == 'video' %}<|vision_start|><|video_pad|><|vision_end|>"
    "{% else %}{{ part.text }}{% endif %}{% endfor %}{% endfor %}{% endfor %} ?"
)
"""The template of a reranker: what a user says is no part of its result."""
FIRST = (
    "{{ (messages | selectattr('role', 'eq', 'query') | first).content[0].text }}\n"
    "{{ (messages | selectattr('role', 'eq', 'document') | first).content[0].text }}"
)
"""Another one, which fails without a query."""


@pytest.fixture(scope="module")
def judging(tmp_path_factory):
    """The folder of a model whose template carries pairs alone."""
    folder = build("reranker", tmp_path_factory.mktemp("judging"))
    (folder / "chat_template.jinja").write_text(PAIRS_ALONE, "utf-8")
    return folder


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_template_of_pairs_alone_gets_pairs_from_whoever_makes_inputs_up(judging, backend):
    model = CrossEncoder(judging, backend=backend, device="cpu")
    assert model.warm_up() > 0
    pairs = [(QUERY, IMAGES[0]), (QUERY, b"no image"), (QUERY, DOCUMENT), (QUERY, {"image": b""})]
    with pytest.warns(BadInputWarning):
        scores = model.predict(pairs, on_bad_input="nan")
    assert np.isnan(scores).tolist() == [False, True, False, True]
    np.testing.assert_allclose(scores[::2], model.predict(pairs[::2]), atol=1e-5)


def test_a_template_of_pairs_alone_is_verified_with_pairs(judging):
    verdicts = verify(judging, device="cpu")
    assert {each.chain for each in verdicts} == {"text", "message"}
    assert not any(each.wrong for each in verdicts)


@pytest.mark.parametrize("template", [PAIRS_ALONE, FIRST])
def test_a_text_alone_that_a_template_would_drop_is_refused(template, tmp_path):
    folder = build("reranker", tmp_path)
    (folder / "chat_template.jinja").write_text(template, "utf-8")
    model = CrossEncoder(folder, backend="reference")
    with pytest.raises(
        InputError, match=r"carries pairs alone, so that the text 'a photo of a cat'"
    ):
        model.predict(QUERY)
    assert np.isfinite(model.predict((QUERY, DOCUMENT)))
