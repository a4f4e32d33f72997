"""What files and users say of videos: which processor, and which frames it takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from isomorph.errors import BadModel, InputError, Unsupported
from isomorph.files import limits
from isomorph.files.module_folder import ModuleFolder
from isomorph.files.schema import FLAG, TEXT, Number, Schema, Whole, judge, maybe
from isomorph.preprocess.pixels.processors import FILES as OF_IMAGES
from isomorph.preprocess.pixels.processors import (
    OF_PACKS,
    PACKED,
    judge_packs,
    overruled,
    packs_of,
    refuse_asked,
    refuse_null,
    unread_by,
)
from isomorph.preprocess.video.clips import Clips
from isomorph.preprocess.video.sampling import Sampling, Spread, Steps

FILES = (OF_IMAGES[0], "video_preprocessor_config.json", OF_IMAGES[1])
"""A file of all processors, one of videos alone, and one that older folders have for both."""
_NESTED = "video_processor"
ASKED = "processing_kwargs of video"
"""Where else options stand: in the settings of a module, and in a call."""
_FRAMES = Whole(1, limits.FILM_FRAMES)
SAMPLED: Schema = {
    "do_sample_frames": maybe(FLAG),
    "fps": maybe(Number(0, 1000)),
    **dict.fromkeys(("num_frames", "min_frames", "max_frames"), maybe(_FRAMES)),
}
"""What says which frames are taken."""
_SCHEMA: Schema = {
    **SAMPLED,
    "video_processor_type": maybe(TEXT),
    "cap_pixels_per_frame": maybe(FLAG),
    "max_video_tokens": maybe(Whole(1, limits.POSITIONS)),
}
_UNREAD = frozenset(("return_metadata", "max_image_size", "max_duration", "image_processor_type"))
"""Keys that transformers' classes hold and never read."""
_STEPS, _SPREAD = "Qwen2VLVideoProcessor", "Qwen3VLVideoProcessor"
_CLIP = ((0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711))
_NOT_ASKED = {_SPREAD: frozenset(("min_frames", "max_frames", "min_pixels", "max_pixels"))}
"""What transformers' class reads of its file alone, or not at all, by its name."""
_COMMON: Mapping[str, Any] = {
    "do_resize": True, "do_rescale": True, "do_normalize": True, "resample": 3, "rescale_factor": 1 / 255,
    "temporal_patch_size": 2, "merge_size": 2, "min_frames": 4, "max_frames": 768,
}  # fmt: skip
DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    _STEPS: {
        **_COMMON, "image_mean": _CLIP[0], "image_std": _CLIP[1], "patch_size": 14,
        "size": {"shortest_edge": 128 * 28 * 28, "longest_edge": 28 * 28 * 768},
        "do_sample_frames": False, "max_video_tokens": 128_000,
    },
    _SPREAD: {
        **_COMMON, "image_mean": (0.5, 0.5, 0.5), "image_std": (0.5, 0.5, 0.5), "patch_size": 16,
        "size": {"shortest_edge": 128 * 32 * 32, "longest_edge": 32 * 32 * 768},
        "do_sample_frames": True, "fps": 2, "max_video_tokens": 768,
    },
}  # fmt: skip
"""What each class does where a file says nothing."""


def read_clips(source: ModuleFolder, default: str, asked: Mapping[str, Any]) -> Clips:
    """What the files of a folder say of videos.

    Args:
        source: the folder.
        default: the class of transformers where they name none.
        asked: what the module says beside them (``processing_kwargs``).

    Raises:
        BadModel: there are none, or a value is not of its kind.
        Unsupported: they name a class or set an option that is not known here.
    """
    said, where = _said(source)
    named = said.get("video_processor_type") or _of_images(said) or default
    kind = str(named).removesuffix("Fast")
    if kind not in DEFAULTS:
        raise Unsupported(
            f"{where} names the class {kind!r}; this version has {', '.join(DEFAULTS)}."
        )
    asked = {name: value for name, value in asked.items() if value is not None}
    known = {*_SCHEMA, *OF_PACKS} - _NOT_ASKED.get(kind, frozenset()) - unread_by(PACKED)
    refuse_asked(asked, known, f"{source.place}: {ASKED}")
    said = overruled(said, asked)
    if kind == _SPREAD:  # whose bounds have no other names
        said = {name: said[name] for name in said if name not in ("min_pixels", "max_pixels")}
    judge(said, _SCHEMA, where)
    judge_packs({name: said[name] for name in said if name not in {*_SCHEMA, *_UNREAD}}, where)
    given = {**DEFAULTS[kind], **said}
    refuse_null(given, where)
    for name in ("min_frames", "max_frames"):
        if given[name] is None:
            raise BadModel(f"{where} sets {name}=null, and every video needs it.")
    if said.get("num_frames") is not None and "fps" not in said:
        given["fps"] = None
    if given.get("num_frames") is not None and given.get("fps") is not None:
        raise Unsupported(
            f"{where} sets both fps and num_frames; either says how many frames are taken."
        )
    return Clips(
        packs=packs_of(given, where),
        sampling=_sampling(kind, given),
        sampled=bool(given["do_sample_frames"]),
        together=kind == _SPREAD,
        capped=given["max_video_tokens"] if given.get("cap_pixels_per_frame") else None,
    )


def _of_images(said: Mapping[str, Any]) -> str | None:
    """The class that transformers takes by the name of that of images, where a file is about both."""
    named = str(said.get("image_processor_type")).replace("ImageProcessor", "VideoProcessor")
    return named if named in DEFAULTS else None


def _said(source: ModuleFolder) -> tuple[Mapping[str, Any], str]:
    """What the first of the files says that says anything, and which one that is."""
    whole, *flat = (source.config(name) for name in FILES)
    nested = whole.get(_NESTED)
    if isinstance(nested, dict):
        return nested, f"{source.place}: {FILES[0]}: {_NESTED}"
    for name, said in zip(FILES[1:], flat, strict=True):
        if said:
            return said, f"{source.place}: {name}"
    raise BadModel(
        f"{source.place} holds no {FILES[1]}, and no {FILES[0]} with a {_NESTED}: nothing says what "
        "becomes of videos."
    )


def _sampling(kind: str, given: Mapping[str, Any]) -> Sampling:
    said: dict[str, Any] = {"count": given.get("num_frames"), "rate": given.get("fps")}
    said |= {"least": given["min_frames"], "most": given["max_frames"]}
    if kind == _STEPS:
        return Steps(**said, unit=given["temporal_patch_size"])
    return Spread(**said)


def resampled(clips: Clips, options: Mapping[str, Any]) -> Clips:
    """Videos of which other frames are taken, as the user says; the names are those of `SAMPLED`.

    Whoever says how many frames are taken asks for them, unless ``do_sample_frames`` says otherwise.

    Raises:
        InputError: a value that cannot be, or two that exclude each other.
    """
    try:
        judge(options, SAMPLED, "processor_kwargs")
    except BadModel as cause:
        raise InputError(str(cause)) from cause
    said = {name: value for name, value in options.items() if value is not None}
    if "fps" in said and "num_frames" in said:
        raise InputError(
            "processor_kwargs set both fps and num_frames; either says how many frames."
        )
    names = {"min_frames": "least", "max_frames": "most"}
    own = {names[name]: value for name, value in said.items() if name in names}
    if "fps" in said or "num_frames" in said:
        own |= {"rate": said.get("fps"), "count": said.get("num_frames")}
    sampled = said.get("do_sample_frames", "rate" in own or clips.sampled)
    sampling: Any = clips.sampling
    return replace(clips, sampling=replace(sampling, **own), sampled=sampled)
