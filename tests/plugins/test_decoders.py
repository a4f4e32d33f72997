"""Decoders of plugins: in all places where an input may stand, and those that raise or return nonsense."""

from __future__ import annotations

import numpy as np
import pytest
from tests.parity.films import video
from tests.parity.mingled_models import TEXTS, build
from tests.parity.tower_models import build as build_tower
from tests.parity.tower_models import picture

from isomorph import SentenceTransformer
from isomorph.errors import BadInputWarning, InputError, PassedOver
from isomorph.plugins import decoders, discovery

IMAGE, FILM = picture(40, 40, 3), video(4, 24, 32, 1)
PLUGIN = """
import numpy as np
from isomorph.hookspecs import Decoder, hookimpl

def is_shelved(value):
    return isinstance(value, str) and value.startswith("shelf:image")

def is_film(value):
    return isinstance(value, str) and value.startswith("shelf:film")

def load(value):
    return np.load(value.partition("@")[2])

def broken(value):
    return isinstance(value, str) and value.startswith("broken:")

def break_(value):
    kind = value.partition(":")[2]
    if kind == "raises": raise RuntimeError("no licence")
    if kind == "nothing": return None
    if kind == "number": return 3
    if kind == "text": return b"no image at all"
    if kind == "nan": return np.full((9, 9, 3), np.nan)
    return np.zeros((9, 9, 9, 9))

@hookimpl
def isomorph_decoders():
    forms = ("image", is_shelved, load), ("video", is_film, load), ("image", broken, break_)
    return [Decoder(*each) for each in forms]
"""
HOOK = """
from isomorph.hookspecs import Decoder, hookimpl

def accepts(value): raise RuntimeError("no licence")

@hookimpl
def isomorph_decoders(): {body}
"""


@pytest.fixture
def found(monkeypatch, site):
    """Makes discovery see the site's plugins beside those that are installed."""

    def seen():
        entries = discovery.metadata.entry_points(group=discovery.GROUP)
        plugins = discovery.discover([*entries, *site.entry_points()])
        monkeypatch.setattr(decoders, "installed", lambda: plugins)
        decoders._offers.cache_clear()
        return plugins

    monkeypatch.syspath_prepend(str(site.folder))
    yield seen
    decoders._offers.cache_clear()


@pytest.fixture(scope="module")
def mingled(tmp_path_factory):
    return SentenceTransformer(
        build("qwen2_vl", tmp_path_factory.mktemp("mingled")), backend="reference"
    )


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    return SentenceTransformer(
        build_tower("clip", tmp_path_factory.mktemp("clip")), backend="reference"
    )


def test_what_a_plugin_decodes_may_stand_wherever_an_input_may(site, found, mingled, tmp_path):
    np.save(tmp_path / "a.npy", IMAGE)
    np.save(tmp_path / "b.npy", FILM)
    image, film = f"shelf:image@{tmp_path / 'a.npy'}", f"shelf:film@{tmp_path / 'b.npy'}"
    site.add("shelf", PLUGIN)
    found()
    text = {"type": "text", "text": TEXTS[0]}

    def forms(image, film):
        return [
            image,
            film,
            {"text": TEXTS[0], "image": image, "video": film},
            {"image": [image, image]},
            (TEXTS[0], image),
            (image, {"video": film, "text": TEXTS[1]}),
            [{"role": "user", "content": [text, {"type": "image", "image": image}]}],
            [{"role": "user", "content": [{"type": "video", "video": film}, text]}],
            [{"role": "user", "content": [{"type": "image_url", "image_url": image}]}],
        ]

    found_rows, wanted = (mingled.encode(each) for each in (forms(image, film), forms(IMAGE, FILM)))
    assert np.abs(found_rows - wanted).max() < 1e-5 * np.abs(wanted).max()
    fed = mingled.preprocess([{"text": "a", "image": image}])
    np.testing.assert_array_equal(
        fed["pixel_values"], mingled.preprocess([{"text": "a", "image": IMAGE}])["pixel_values"]
    )


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        ("raises", "cannot be decoded by the plugin 'shelf' of shelf 1.0: no licence"),
        ("nothing", "is NoneType .* It was decoded by the plugin 'shelf'"),
        ("number", "is int .* It was decoded by the plugin 'shelf'"),
        ("text", "no image that can be read"),
        ("nan", "numbers go from nan"),
        ("axes", "neither"),
    ],
)
def test_a_decoder_that_raises_or_returns_nonsense_costs_its_own_input(
    site, found, clip, kind, why
):
    site.add("shelf", PLUGIN)
    found()
    with pytest.raises(InputError, match=f"^Input 1 .*{why}"):
        clip.encode([IMAGE, f"broken:{kind}"])
    with pytest.warns(BadInputWarning):
        rows = clip.encode([IMAGE, f"broken:{kind}"], on_bad_input="nan")
    np.testing.assert_array_equal(np.isnan(rows).any(1), [False, True])
    assert np.isfinite(clip.encode([IMAGE, "a text"])).all()


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("raise RuntimeError('no licence')", "no licence"),
        ("return 3", "which is no list of Decoder"),
        ("return ['image']", "which is no Decoder"),
        ("return [Decoder('image', accepts, None)]", "decode is None, no Callable"),
        ("return [Decoder('image', accepts, str)]", "no licence"),
    ],
)
def test_a_plugin_whose_hook_cannot_be_used_is_passed_over_and_named(site, found, clip, body, why):
    site.add("shelf", HOOK.format(body=body))
    wanted = clip.encode([IMAGE])
    found()
    with pytest.warns(PassedOver, match=why) as told:
        np.testing.assert_array_equal(clip.encode([IMAGE]), wanted)
    assert "shelf 1.0" in str(told[0].message)
