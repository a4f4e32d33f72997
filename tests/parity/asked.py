"""What calls say of their inputs, by model: inputs, and ``processing_kwargs`` that the reference follows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from tests.parity import clap_models, message_models, mingled_models, tower_models
from tests.parity.films import told, video
from tests.parity.tower_models import picture

from isomorph.testing.tiny_sounds import sound, write_sounds

Asked = dict[str, tuple[list[Any], dict[str, dict[str, Any]]]]
"""By name: inputs of one call, and what it says."""

FITTING, LARGE = picture(32, 48, 1), picture(90, 57, 2)
IMAGES = [picture(40, 60, 1), picture(32, 32, 2)]
FILM, FRAMES = told(video(12, 32, 32, 3), 4.0), video(12, 32, 32, 3)
TEXTS = ["hello there you all are welcome", "a sea"]
SHORT = [
    {"array": sound(length, seed, clap_models.RATE), "sampling_rate": clap_models.RATE}
    for seed, length in enumerate((0.6, 0.3))
]
HEARD = [{"array": sound(0.6, 3), "sampling_rate": 16_000}]
PLAIN = (
    "{% for m in messages %}{% for p in m.content %}{{ p.text }}{% endfor %}{% endfor %} {{ who }}"
)


def _of_image(**options: Any) -> dict[str, dict[str, Any]]:
    return {"image": options}


SEEN: Asked = {
    "fewer pixels": ([LARGE], _of_image(max_pixels=512)),
    "more pixels": ([FITTING], _of_image(min_pixels=4096)),
    "other bounds": ([LARGE], _of_image(size={"shortest_edge": 256, "longest_edge": 1024})),
    "as it is": ([FITTING], _of_image(do_resize=False)),
    "in whole numbers": ([FITTING], _of_image(do_rescale=False)),
    "not normalised": ([FITTING], _of_image(do_normalize=False)),
    "another mean": ([FITTING], _of_image(image_mean=(0.1, 0.2, 0.3), image_std=(0.5, 0.5, 0.4))),
    "another filter": ([LARGE], _of_image(resample=2)),
    "beside a text": (
        [{"text": "a cat", "image": FITTING}, "a cat", FITTING],
        _of_image(max_pixels=512),
    ),
    "a template": (["hello"], {"chat_template": {"chat_template": PLAIN, "who": "Bob"}}),
    "every frame": ([FRAMES], {"video": {"do_sample_frames": False}}),
    "some frames": ([FILM], {"video": {"do_sample_frames": True, "fps": 1}}),
    "small frames": (
        [FILM],
        {"video": {"size": {"shortest_edge": 256, "longest_edge": 4096}}},
    ),
    "of images alone": ([FILM], _of_image(max_pixels=512)),
    "a cut": (["hello there you"], {"text": {"max_length": 8}}),
}
STEPS: Asked = {
    **SEEN,
    "so many frames": ([FILM], {"video": {"do_sample_frames": True, "num_frames": 4}}),
    "at most two": (
        [FILM],
        {"video": {"do_sample_frames": True, "fps": 1, "min_frames": 2, "max_frames": 2}},
    ),
    "bounds of frames": ([FILM], {"video": {"min_pixels": 256, "max_pixels": 512}}),
}
"""Of a class that reads more of a call."""
TOWERS: Asked = {
    "in whole numbers": (IMAGES, _of_image(do_rescale=False)),
    "not normalised": (IMAGES, _of_image(do_normalize=False)),
    "another size first": (IMAGES, _of_image(size={"height": 32, "width": 32})),
    "another filter": (IMAGES, _of_image(resample=2)),
    "no step of its": (IMAGES, _of_image(do_pad=False)),
    "a text": (TEXTS[:1], _of_image(do_normalize=False)),
    "a cut": (TEXTS[:1], {"text": {"max_length": 6}}),
    "filled up": (
        TEXTS[:1],
        {"text": {"padding": "max_length", "max_length": 12}, "image": {"do_rescale": False}},
    ),
    "both": ([TEXTS[0], *IMAGES], _of_image(do_normalize=False)),
}
CROPPED: Asked = {
    **TOWERS,
    "as it is": (IMAGES, _of_image(do_resize=False)),
    "another crop": (IMAGES, _of_image(size={"shortest_edge": 48})),
}
FILLED: Asked = {
    filling: (SHORT, {"audio": {"padding": filling}}) for filling in ("pad", "repeat", "repeatpad")
} | {
    "as its file says": (SHORT, {"audio": {"padding": True}}),
    "silence": (SHORT, {"audio": {"padding": False}}),
}
WHISPER: Asked = {
    "as it is heard": (
        HEARD,
        {"audio": {"padding": "max_length", "truncation": True, "do_normalize": False}},
    ),
}
WRITTEN: Asked = {
    "begun": (TEXTS, {"chat_template": {"add_generation_prompt": True}}),
    "without its tail": (
        TEXTS,
        {"chat_template": {"restore_suffix": False}, "text": {"max_length": 8}},
    ),
    "spelled out": (
        TEXTS,
        {
            "chat_template": {
                "chat_template": "{{ messages[0]['content'] }} {{ word }}",
                "word": "sea",
            }
        },
    ),
}
NAMED: Asked = {
    **WRITTEN,
    "by its name": (TEXTS, {"chat_template": {"chat_template": "default"}}),
}  # fmt: skip
BEFORE: Asked = {
    "no word": ([LARGE], _of_image(do_resize=True)),
    "more": ([LARGE], _of_image(max_pixels=2048)),
    "as the files": ([LARGE], _of_image(max_pixels=6144)),
    "a size": ([LARGE], _of_image(size={"shortest_edge": 256, "longest_edge": 6144})),
    "of images alone": ([FILM], _of_image(max_pixels=6144)),
    "a cut": (["hello there you all"], {"text": {"max_length": 12}}),
}
"""Of models that were made with ``processor_kwargs``."""

Case = tuple[Callable[[str, Path], Path], str, Asked, dict[str, Any]]
CASES: dict[str, Case] = {
    "qwen2_vl": (mingled_models.build, "qwen2_vl", STEPS, {}),
    "qwen3_vl": (mingled_models.build, "qwen3_vl", SEEN, {}),
    "clip": (tower_models.build, "clip", CROPPED, {}),
    "siglip": (tower_models.build, "siglip", TOWERS, {}),
    "clap": (clap_models.write_clap, "clap", FILLED, {}),
    "clap-fused": (clap_models.write_clap, "clap-fused", FILLED, {}),
    "whisper": (write_sounds, "whisper", WHISPER, {}),
    "texts-structured": (message_models.build, "texts-structured", WRITTEN, {}),
    "texts-several": (message_models.build, "texts-several", NAMED, {}),
    "qwen2_vl-told": (mingled_models.build, "qwen2_vl", BEFORE, {"max_pixels": 512}),
    "qwen3_vl-told": (mingled_models.build, "qwen3_vl", BEFORE, {"max_pixels": 512}),
    "qwen2_vl-sampled": (
        mingled_models.build,
        "qwen2_vl",
        {
            "every frame": ([FRAMES], {"video": {"do_sample_frames": False}}),
            "at its rate": ([FILM], {"video": {"do_sample_frames": True}}),
            "at another": ([FILM], {"video": {"do_sample_frames": True, "fps": 2}}),
        },
        {"fps": 1},
    ),
}
"""What writes a model and its name, what calls of it say, and the ``processor_kwargs`` it is made with."""


def key(name: str, asked: str) -> str:
    """Where the vectors of a call stand."""
    return f"{name}: {asked}"


def rows(vectors: Any) -> np.ndarray:
    """Vectors of inputs one by one, as a matrix."""
    return np.stack([np.asarray(each, np.float32) for each in vectors])
