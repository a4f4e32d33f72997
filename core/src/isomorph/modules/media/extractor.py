"""Feature extractors of transformers as data: what an encoder of sounds is fed."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Any

from isomorph.encoders.hearing.describe import encoder_of
from isomorph.encoders.hearing.description import SoundEncoder
from isomorph.encoders.hearing.home import family_of
from isomorph.errors import BadModel, Unsupported
from isomorph.files import limits
from isomorph.files.module_folder import ModuleFolder
from isomorph.files.schema import FLAG, NUMBER, TEXT, WIDTH, Number, Schema, Whole, judge, maybe
from isomorph.modules.media.sound_options import refuse_other_sounds, refuse_unlike
from isomorph.preprocess.sound.decibels import FILLINGS, Decibels
from isomorph.preprocess.sound.log_mel import LogMel
from isomorph.preprocess.sound.sound import Features
from isomorph.preprocess.sound.waves import Waves

FILES = ("processor_config.json", "preprocessor_config.json")
"""Where an extractor lies: nested under ``feature_extractor``, or flat in the older file."""
CLAP = "ClapFeatureExtractor"
"""transformers' class of the extractor behind towers of sounds."""
MADE_WITH = "config_sentence_transformers.json"
"""Where sentence-transformers says with what it saved a model."""
_ASKING = (5, 23)
"""The first release of transformers of which it is known that it asks the extractor's file."""

_PASSING = (5, 0)
"""The first release that sentence-transformers hears sounds with."""
_RATE = Whole(1, limits.RATE)
_WINDOW = Whole(1, limits.WINDOW)
SCHEMA: Schema = {
    "feature_extractor_type": TEXT,
    "sampling_rate": _RATE,
    "feature_size": WIDTH,
    **dict.fromkeys(("hop_length", "n_fft", "fft_window_size"), _WINDOW),
    "chunk_length": Whole(1, limits.SECONDS),
    "max_length_s": Whole(1, limits.SECONDS),
    **dict.fromkeys(("frequency_min", "frequency_max"), Number(0, limits.RATE, closed=True)),
    **dict.fromkeys(("truncation", "padding", "padding_side"), TEXT),
    "padding_value": NUMBER,
    "dither": NUMBER,
    "top_db": maybe(NUMBER),
    **dict.fromkeys(("do_normalize", "return_attention_mask"), maybe(FLAG)),
}
"""What is read of an extractor."""


def settings_of(source: ModuleFolder) -> tuple[str, Mapping[str, Any]]:
    """Where the settings of a folder's extractor stand, and what they are; those of a processor win.

    Raises:
        BadModel: there are none, or one is not of its kind.
    """
    for name in FILES:
        content = source.config(name)
        found = content.get("feature_extractor")
        if found is None and name == FILES[1]:
            found = content or None
        if found is not None:
            where = f"{source.place}: {name}"
            if not isinstance(found, dict):
                raise BadModel(f"{where}: feature_extractor must be an object.")
            judge(found, SCHEMA, where)
            return where, found
    raise BadModel(
        f"{source.place}: there is no {' or '.join(FILES)} of a feature extractor, which says what the "
        "encoder is fed. The folder is not a complete copy of the model: download or copy it again."
    )


def read_features(
    source: ModuleFolder, config: Mapping[str, Any], module: Mapping[str, Any]
) -> Features:
    """What the encoder of a ``config.json`` is fed, as the extractor's files say.

    `module` are the settings of the module, which may not say otherwise.

    Raises:
        Unsupported: the extractor is another one, or sets what is not implemented.
        BadModel: the files say what cannot be, or do not fit the encoder.
    """
    family = family_of(config)
    assert family is not None, "a module of no family"
    where, settings = settings_of(source)
    extractor = settings.get("feature_extractor_type", family.extractors[0])
    if extractor not in family.extractors:
        raise Unsupported(
            f"{where}: feature_extractor_type {extractor!r}; model_type {family.model_type!r} is implemented "
            f"for {', '.join(family.extractors)}"
        )
    refuse_other_sounds(module, settings, extractor, source.place)
    return _EXTRACTORS[extractor](settings, encoder_of(config), where)


def require(settings: Mapping[str, Any], where: str, **wanted: Any) -> None:
    """Refuses options that are set to what is not implemented.

    Raises:
        Unsupported: names the file, the option and its value.
    """
    for name, value in wanted.items():
        if settings.get(name, value) != value:
            raise Unsupported(
                f"{where} sets {name}={settings[name]!r}; {value!r} alone is implemented"
            )


def _samples(seconds: int, rate: int, where: str) -> int:
    """Samples of a fixed time.

    Raises:
        BadModel: there are more than any published model hears, by far.
    """
    if seconds * rate > limits.HEARD:
        raise BadModel(
            f"{where} has {seconds} s of {rate} samples a second heard at once; at most {limits.HEARD} "
            "samples are."
        )
    return seconds * rate


def _window(settings: Mapping[str, Any], name: str, default: int, where: str) -> int:
    """Samples of a frame.

    Raises:
        Unsupported: an odd number, with which the last frame has no room.
    """
    size: int = settings.get(name, default)
    if size % 2:
        raise Unsupported(f"{where} sets {name}={size}; even numbers of samples are implemented.")
    return size


def _log_mel(settings: Mapping[str, Any], encoder: SoundEncoder, where: str) -> LogMel:
    require(settings, where, padding_side="right", padding_value=0.0, dither=0.0)
    require(settings, where, do_normalize=False)
    rate, hop = settings.get("sampling_rate", 16_000), settings.get("hop_length", 160)
    samples = _samples(settings.get("chunk_length", 30), rate, where)
    mels = settings.get("feature_size", 80)
    assert encoder.positions is not None
    frames, wanted = samples // hop, encoder.positions * encoder.hop
    if mels != encoder.convolutions[0].inputs or frames != wanted:
        raise BadModel(
            f"{where} makes {mels} mel powers of {frames} frames, and the encoder of config.json reads "
            f"{encoder.convolutions[0].inputs} of {wanted}: they belong to different models."
        )
    return LogMel(
        rate=rate,
        samples=samples,
        size=_window(settings, "n_fft", 400, where),
        hop=hop,
        mels=mels,
        positions=encoder.positions,
    )


def _waves(settings: Mapping[str, Any], encoder: SoundEncoder, where: str) -> Waves:
    require(settings, where, padding_side="right", feature_size=1, padding_value=0.0)
    return Waves(
        rate=settings.get("sampling_rate", 16_000),
        normalized=bool(settings.get("do_normalize", True)),
        hop=encoder.hop,
        reach=encoder.reach,
        longest=encoder.longest,
    )


def _of_silence(source: ModuleFolder) -> bool:
    """Whether a folder was saved with a transformers whose extractor took no word of its own file.

    Its ``padding=True``, which sentence-transformers passes, meant silence in 5.5; in 5.23 the file's word.
    A folder of transformers alone says in its config.json what saved it; before 5 nobody passed that.
    """
    versions = source.folder.json(MADE_WITH)
    made = versions.get("__version__") if isinstance(versions, dict) else None
    if isinstance(made, dict):
        return _release(made.get("transformers")) < _ASKING
    return _PASSING <= _release(source.config("config.json").get("transformers_version")) < _ASKING


def _release(version: object) -> tuple[int, ...]:
    """The first two numbers of a version; of none those of a release that is still to come."""
    numbers = [int(part) for part in str(version or "").split(".")[:2] if part.isdigit()]
    return tuple(numbers) if len(numbers) == len(_ASKING) else (sys.maxsize, 0)


def read_decibels(source: ModuleFolder, processing: Mapping[str, Any]) -> Decibels:
    """What CLAP's tower of sounds is fed; `processing` is what the module's settings say of it.

    Where they do not say how short sounds are filled up, the extractor does; in a folder of a time when
    sentence-transformers had silence in its place, silence.

    Raises:
        Unsupported: the extractor is another one, or sets what is not implemented.
        BadModel: the files say what cannot be.
    """
    where, settings = settings_of(source)
    require(settings, where, feature_extractor_type=CLAP, padding_side="right", padding_value=0.0)
    require(settings, where, top_db=None)
    settings = {"truncation": "fusion", "sampling_rate": 48_000, **settings}
    refuse_unlike(processing, settings, source.place)
    truncation, filling = settings["truncation"], processing.get("padding")
    if truncation not in ("fusion", "rand_trunc"):
        raise Unsupported(
            f"{where} sets truncation={truncation!r}; 'fusion' and 'rand_trunc' are read"
        )
    if filling is False:
        filling = FILLINGS[0]
    if filling is True or filling is None:
        filling = FILLINGS[0] if _of_silence(source) else settings.get("padding", "repeatpad")
    if filling not in FILLINGS:
        known = f"true, false, {', '.join(FILLINGS)}"
        raise Unsupported(f"{source.place}: padding={filling!r} of audio; there are {known}")
    rate = settings["sampling_rate"]
    return Decibels(
        rate=rate,
        samples=_samples(settings.get("max_length_s", 10), rate, where),
        size=_window(settings, "fft_window_size", 1024, where),
        hop=settings.get("hop_length", 480),
        mels=settings.get("feature_size", 64),
        low=settings.get("frequency_min", 0),
        high=settings.get("frequency_max", 14_000),
        fused=truncation == "fusion",
        filling=filling,
    )


_EXTRACTORS: Mapping[str, Callable[[Mapping[str, Any], SoundEncoder, str], Features]] = {
    "WhisperFeatureExtractor": _log_mel,
    "Wav2Vec2FeatureExtractor": _waves,
}
"""How each class of extractors becomes features."""
