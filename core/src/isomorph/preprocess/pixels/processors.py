"""The image processors of transformers, by the names that files give them: their defaults, as data.

A file may be flat (``preprocessor_config.json``) or hold the processor under a key
(``processor_config.json``, which wins). What it asks for and is not done here is refused by its name.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from isomorph.errors import BadModel, Unsupported
from isomorph.files import limits
from isomorph.files.module_folder import ModuleFolder
from isomorph.files.schema import (
    FLAG,
    OBJECT,
    TEXT,
    Either,
    ListOf,
    Number,
    Schema,
    Whole,
    judge,
    maybe,
)
from isomorph.preprocess.pixels.packing import Packs
from isomorph.preprocess.pixels.processor import Fixed, Natural, Processor, Range
from isomorph.preprocess.pixels.tiles import Tiles
from isomorph.preprocess.pixels.transforms import NAME as TRANSFORMS
from isomorph.preprocess.pixels.transforms import transformed

FILES = ("processor_config.json", "preprocessor_config.json")
_NESTED = "image_processor"
ASKED = "processing_kwargs of image"
"""Where else options stand: in the settings of a module."""
_SIDE = Whole(1, limits.SIDE_FED)
_MEAN, _DEVIATION = Number(-1e6, 1e6, closed=True), Number(0, 1e6)
SCHEMA: Schema = {
    **dict.fromkeys(("image_processor_type", "feature_extractor_type"), maybe(TEXT)),
    **dict.fromkeys(("size", "crop_size"), maybe(Either((_SIDE, ListOf(_SIDE, 2, 2), OBJECT)))),
    "default_to_square": maybe(FLAG),
    **dict.fromkeys(("do_resize", "do_center_crop", "do_rescale"), maybe(FLAG)),
    **dict.fromkeys(("do_normalize", "do_convert_rgb"), maybe(FLAG)),
    "resample": maybe(Whole(0, 5)),
    "rescale_factor": maybe(Number(0, 1e6)),
    "image_mean": maybe(Either((ListOf(_MEAN, 3, 3), ListOf(_MEAN, 1, 1), _MEAN))),
    "image_std": maybe(Either((ListOf(_DEVIATION, 3, 3), ListOf(_DEVIATION, 1, 1), _DEVIATION))),
    "patch_size": maybe(_SIDE),
    "max_num_patches": maybe(Whole(1, limits.PATCHES)),
}
_SIDES: Schema = dict.fromkeys(("shortest_edge", "longest_edge", "height", "width"), maybe(_SIDE))
_UNREAD = frozenset(
    """processor_class image_processor_type feature_extractor_type auto_map data_format input_data_format
    return_tensors device disable_grouping image_seq_length _valid_processor_keys
    valid_processor_keys backend""".split()
)
"""Keys that change no pixel."""
_CLASSES = ("image_processor_type", "feature_extractor_type", "video_processor_type")
"""What names a processor is nothing to say to one."""
_FREE = frozenset(("return_tensors", "device", "disable_grouping", "return_metadata"))
_STEPS = frozenset(
    """do_pad do_thumbnail do_reduce_labels do_align_long_axis do_flip_channel_order do_crop_margin
    do_center_crop do_image_splitting do_sample_frames""".split()
)
"""Steps that some classes of transformers have, and others do not."""

_CLIP = ((0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711))
_IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
_HALVES = ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
_KINDS = {1: "lanczos", 2: "bilinear", 3: "bicubic"}
"""Pillow's numbers of filters."""


def _defaults(numbers: tuple[tuple[float, ...], ...], resample: int, **more: Any) -> dict[str, Any]:
    always = {**dict.fromkeys(("do_resize", "do_rescale", "do_normalize"), True), "crop_size": None}
    mean, std = numbers
    said = {"resample": resample, "rescale_factor": 1 / 255, "image_mean": mean, "image_std": std}
    return {**always, **said, **more}


_CROPPED = {"size": {"shortest_edge": 224}, "crop_size": 224, "do_center_crop": True}
_SQUARE = {"size": {"height": 224, "width": 224}}
_AREAS = {"shortest_edge": 56 * 56, "longest_edge": 28 * 28 * 1280}
DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    "CLIPImageProcessor": _defaults(_CLIP, 3, **_CROPPED),
    "ChineseCLIPImageProcessor": _defaults(_CLIP, 3, **_CROPPED),
    "BitImageProcessor": _defaults(_CLIP, 3, **_CROPPED),
    "SiglipImageProcessor": _defaults(_HALVES, 3, **_SQUARE),
    "ViTImageProcessor": _defaults(_HALVES, 2, **_SQUARE),
    "DINOv3ViTImageProcessor": _defaults(_IMAGENET, 2, **_SQUARE),
    "Siglip2ImageProcessor": _defaults(_HALVES, 2, patch_size=16, max_num_patches=256),
    "Qwen2VLImageProcessor": _defaults(
        _CLIP, 3, patch_size=14, merge_size=2, temporal_patch_size=2, size=_AREAS
    ),
    "Idefics3ImageProcessor": _defaults(
        _HALVES,
        1,
        size={"longest_edge": 1456},
        max_image_size={"longest_edge": 364},
        do_image_splitting=True,
        do_pad=True,
    ),
}
"""What each class does where a file says nothing."""
_KEEPS_PROPORTIONS = frozenset(
    (
        "CLIPImageProcessor",
        "ChineseCLIPImageProcessor",
        "BitImageProcessor",
        "SiglipImageProcessor",
    )
)
"""Classes to which a size of one number is that of the shorter side; `default_to_square` of a file wins."""
_RESCALED_FIRST = frozenset(("DINOv3ViTImageProcessor",))
_NATURAL = frozenset(("Siglip2ImageProcessor",))
PACKED = "Qwen2VLImageProcessor"
_PACKED = frozenset((PACKED,))
_PIXELS = maybe(Whole(1, limits.PIXELS))
_PACKS: Schema = {
    **dict.fromkeys(("merge_size", "temporal_patch_size"), maybe(Whole(1, 16))),
    **dict.fromkeys(("min_pixels", "max_pixels"), _PIXELS),
}
"""What is read of classes that pack patches alone."""
OF_PACKS: Schema = {**SCHEMA, **_PACKS}
_TILED = frozenset(("Idefics3ImageProcessor",))
_TILES: Schema = {
    "max_image_size": maybe(OBJECT),
    "do_image_splitting": maybe(FLAG),
    "do_pad": maybe(FLAG),
}
"""What is read of classes that cut images into tiles alone."""
_NEEDED: Mapping[str, str] = {
    **dict.fromkeys(("size", "resample"), "do_resize"),
    "crop_size": "do_center_crop",
    "rescale_factor": "do_rescale",
    **dict.fromkeys(("image_mean", "image_std"), "do_normalize"),
    **dict.fromkeys(("patch_size", "max_num_patches", "merge_size", "temporal_patch_size"), ""),
    "max_image_size": "do_image_splitting",
}
"""What may not be null, and the flag of the step that reads it; "" for all images."""
_AREA: Schema = dict.fromkeys(
    ("shortest_edge", "longest_edge", "min_pixels", "max_pixels"), _PIXELS
)


def has_processor(source: ModuleFolder) -> bool:
    """Whether the files of a folder say what becomes of images."""
    nested, flat = (source.config(name) for name in FILES)
    return bool(nested.get(_NESTED) or {"image_processor_type", "image_mean"} & set(flat))


def read_processor(
    source: ModuleFolder, default: str, asked: Mapping[str, Any] | None = None
) -> Processor:
    """What the files of a folder say of images.

    Args:
        source: the folder.
        default: the class where they name none.
        asked: what the module says beside them (``processing_kwargs``), which wins.

    Raises:
        BadModel: there are none, or a value is not of its kind.
        Unsupported: they name a class or set an option that is not known here.
    """
    nested, flat = (source.config(name) for name in FILES)
    said, where = nested.get(_NESTED), f"{source.place}: {FILES[0]}: {_NESTED}"
    if not isinstance(said, dict):
        said, where = flat, f"{source.place}: {FILES[1]}"
        if not said:
            raise BadModel(
                f"{source.place} holds no {FILES[1]}, and no {FILES[0]} with an {_NESTED}: nothing says what "
                "becomes of images."
            )
    kind = _kind(said, default)
    asked = {name: value for name, value in (asked or {}).items() if value is not None}
    if kind == TRANSFORMS:
        refuse_asked(asked, {}, f"{source.place}: {ASKED}")
        return transformed(said, where)
    schema = {**SCHEMA, **(_PACKS if kind in _PACKED else _TILES if kind in _TILED else {})}
    judge(said, schema, where)
    judge(asked, schema, f"{source.place}: {ASKED}")
    refuse_asked(asked, set(schema) - unread_by(kind), f"{source.place}: {ASKED}")
    said = overruled(said, asked)
    if kind not in DEFAULTS:
        known = ", ".join((*DEFAULTS, TRANSFORMS))
        raise Unsupported(f"{where} names the class {kind!r}; this version has {known}.")
    defaults = DEFAULTS[kind]
    _refuse_unknown(said, schema, where)
    given = {**defaults, **{name: value for name, value in said.items() if name in schema}}
    refuse_null(given, where)
    if kind in _PACKED:
        return packs_of(given, where)
    if kind in _TILED:
        return _tiles(given, where)
    return (_natural if kind in _NATURAL else _fixed)(kind, given, where)


def overruled(said: Mapping[str, Any], asked: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a file says where nothing else is asked for; a `size` counts in place of older names of it."""
    older = ("min_pixels", "max_pixels") if "size" in asked else ()
    return {**{name: value for name, value in said.items() if name not in older}, **asked}


def refuse_null(given: Mapping[str, Any], where: str) -> None:
    """Refuses a null where a number is needed; of a flag it means that the step is left out.

    Raises:
        BadModel: names the option, and what needs it.
    """
    for name, step in _NEEDED.items():
        if name in given and given[name] is None and (not step or given.get(step)):
            raise BadModel(f"{where} sets {name}=null, and {step or 'every image'} needs it.")


def _kind(said: Mapping[str, Any], default: str) -> str:
    """The class, without the ending of a faster or older one."""
    named = said.get("image_processor_type") or said.get("feature_extractor_type") or default
    for ending in ("Fast", "Pil"):
        named = named.removesuffix(ending)
    return str(named).replace("FeatureExtractor", "ImageProcessor")


def _fixed(kind: str, given: Mapping[str, Any], where: str) -> Fixed:
    shortest, exact = _size(kind, given, where) if given["do_resize"] else (None, None)
    crop = _square(given["crop_size"], where) if given.get("do_center_crop") else None
    if crop is None and exact is None:
        raise Unsupported(
            f"{where} leaves images of different sizes (size={given.get('size')!r}, no centre crop), and the "
            "model takes one."
        )
    return Fixed(
        shortest=shortest,
        exact=exact,
        kind=_filter(given, where),
        crop=crop,
        range=_range(given),
        rescaled_first=kind in _RESCALED_FIRST,
    )


def _natural(kind: str, given: Mapping[str, Any], where: str) -> Natural:
    if not given["do_resize"]:
        raise Unsupported(f"{where} sets do_resize=False, which is not done for patches.")
    return Natural(
        side=given["patch_size"],
        most=given["max_num_patches"],
        kind=_filter(given, where),
        range=_range(given),
    )


def _refuse_unknown(said: Mapping[str, Any], schema: Schema, where: str) -> None:
    asked = [n for n, v in said.items() if v not in (None, False) and n not in _UNREAD]
    unknown = sorted(set(asked) - set(schema))
    if unknown:
        raise Unsupported(f"{where} sets {unknown[0]}={said[unknown[0]]!r}, which is not done.")


def unread_by(kind: str) -> set[str]:
    """What the files of some class may hold that means nothing to it: to ask for that is a mistake."""
    if kind in _PACKED:
        return {"max_num_patches", "crop_size", "default_to_square"}
    if kind in _NATURAL:
        return {"size", "crop_size", "default_to_square"}
    return {"patch_size", "max_num_patches"}


def refuse_asked(asked: Mapping[str, Any], known: Collection[str], where: str) -> None:
    """Refuses what a module or a call asks for beside the files, and nobody reads.

    Raises:
        Unsupported: names the option; a step that is not there may be switched off all the same.
    """
    read = {name for name in known if name not in _CLASSES} | _FREE
    for name in sorted(set(asked) - read):
        if not (known and asked[name] is False and name in _STEPS):
            raise Unsupported(f"{where} sets {name}={asked[name]!r}, which is not done.")


def judge_packs(said: Mapping[str, Any], where: str) -> None:
    """Looks at what a file says of images, or of frames of videos, that are packed as patches.

    Raises:
        BadModel: a value is not of its kind.
        Unsupported: an option is set that is not known here.
    """
    judge(said, OF_PACKS, where)
    _refuse_unknown(said, OF_PACKS, where)


def packs_of(given: Mapping[str, Any], where: str) -> Packs:
    """What becomes of such images.

    Args:
        given: all options of their processor; those of a file were judged.
        where: what errors call that file.

    Raises:
        BadModel: bounds of their pixels are missing, or do not bound each other.
    """
    if not isinstance(given["size"], dict):
        raise BadModel(
            f"{where} sets size={given['size']!r}; it is an object of two numbers of pixels."
        )
    size = {name: value for name, value in given["size"].items() if value is not None}
    judge(size, _AREA, f"{where}: size")
    least, most = (
        given.get(pixels) or size.get(edge) or size.get(pixels)
        for edge, pixels in (("shortest_edge", "min_pixels"), ("longest_edge", "max_pixels"))
    )
    if least is None or most is None or least > most:
        raise BadModel(
            f"{where} sets size={given['size']!r}; shortest_edge and longest_edge, in pixels of a whole "
            "image, must bound each other."
        )
    return Packs(
        side=given["patch_size"],
        merge=given["merge_size"],
        frames=given["temporal_patch_size"],
        least=least,
        most=most,
        kind=_filter(given, where),
        range=_range(given),
        resized=given["do_resize"],
    )


def _tiles(given: Mapping[str, Any], where: str) -> Tiles:
    if not (given["do_resize"] and given["do_pad"]):
        raise Unsupported(
            f"{where} sets do_resize or do_pad to False, which is not done for tiles."
        )
    side, size = given["max_image_size"], given["size"]
    judge(side, _SIDES, f"{where}: max_image_size", needed=("longest_edge",))
    if not isinstance(size, dict):
        raise Unsupported(f"{where} sets size={size!r}; of tiles that is an object.")
    judge(size, _SIDES, f"{where}: size")
    sides = {name: value for name, value in size.items() if value is not None}
    exact = None
    if "longest_edge" not in sides:
        if set(sides) != {"height", "width"}:
            raise Unsupported(
                f"{where} sets size={size!r}; what is done: longest_edge, or height and width."
            )
        exact = (sides["height"], sides["width"])
    return Tiles(
        side=side["longest_edge"],
        longest=sides.get("longest_edge"),
        exact=exact,
        kind=_filter(given, where),
        split=given["do_image_splitting"],
        range=_range(given),
    )


def _size(
    kind: str, given: Mapping[str, Any], where: str
) -> tuple[int | None, tuple[int, int] | None]:
    """The length of the shorter side, or height and width."""
    size = given["size"]
    if isinstance(size, int):
        square = given.get("default_to_square", kind not in _KEEPS_PROPORTIONS)
        return (None, (size, size)) if square else (size, None)
    if isinstance(size, list):
        return None, (size[0], size[1])
    judge(size, _SIDES, f"{where}: size")
    sides = {name: value for name, value in size.items() if value is not None}
    if set(sides) == {"shortest_edge"}:
        return sides["shortest_edge"], None
    if set(sides) == {"height", "width"}:
        return None, (sides["height"], sides["width"])
    raise Unsupported(
        f"{where} sets size={size!r}; what is done: shortest_edge, or height and width."
    )


def _square(size: Any, where: str) -> tuple[int, int]:
    """The height and the width that are kept."""
    if isinstance(size, int):
        return size, size
    if isinstance(size, list):
        return size[0], size[1]
    judge(size, _SIDES, f"{where}: crop_size", needed=("height", "width"))
    return size["height"], size["width"]


def _filter(given: Mapping[str, Any], where: str) -> str:
    if given["resample"] not in _KINDS:
        known = ", ".join(f"{number} ({name})" for number, name in _KINDS.items())
        raise Unsupported(f"{where} sets resample={given['resample']}; what is done: {known}.")
    return _KINDS[given["resample"]]


def _range(given: Mapping[str, Any]) -> Range:
    factor = given["rescale_factor"] if given["do_rescale"] else None
    if not given["do_normalize"]:
        return Range(factor=factor)
    mean, std = (_three(given[name]) for name in ("image_mean", "image_std"))
    return Range(factor=factor, mean=mean, std=std)


def _three(value: Any) -> tuple[float, ...]:
    """One number a channel; a single one is that of each."""
    several = value if isinstance(value, list | tuple) else (value,)
    return tuple(map(float, several)) * (3 // len(several))
