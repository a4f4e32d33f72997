"""Sounds that the two libraries take differently; each with our test."""

from __future__ import annotations

from .folders import Difference

_FORMS = "core/preprocess/test_sounds.py"
_MODELS = "parity/test_sounds.py"

SOUNDS = (
    Difference(
        "A feature extractor whose window has an odd number of samples (CLAP)",
        "one frame less than its settings say",
        "refused by name",
        f"{_FORMS}::test_two_towers_that_cannot_be_are_refused_before_any_forward",
    ),
    Difference(
        "The path of a sound, its bytes, an open file, whole numbers, several channels, another rate",
        "refused, or in silence another sound",
        "the same sound: decoded, scaled, averaged, resampled",
        f"{_FORMS}::test_a_file_is_the_same_by_path_bytes_and_stream",
    ),
    Difference(
        "Sounds of several lengths in one call (wav2vec 2.0, HuBERT, WavLM)",
        "the padding of shorter sounds is heard",
        "each has the vector that it has alone",
        f"{_MODELS}::test_a_sound_does_not_depend_on_its_neighbours",
    ),
    Difference(
        "Short sounds of a fused CLAP",
        "one of a batch, drawn at random, is heard fused",
        "each is heard fused, as it is alone",
        f"{_MODELS}::test_sounds_and_texts_share_a_space",
    ),
    Difference(
        "Sounds that are longer than CLAP hears",
        "crops at random, other ones at each call",
        "the beginning with a warning; fused beginning, middle and end",
        f"{_MODELS}::test_a_long_sound_is_always_heard_alike",
    ),
    Difference(
        "Short sounds of CLAP, whose extractor says `repeatpad`",
        "silence behind them with transformers 5.5, repeated with 5.23",
        "as with the release that the folder says it was saved with; else as its files say",
        f"{_MODELS}::test_short_sounds_are_filled_up_as_where_the_model_was_saved",
    ),
    Difference(
        "A published Whisper, whose encoder lies behind `model.encoder.`",
        "random weights, other ones at each load",
        "its weights",
        f"{_MODELS}::test_published_files_of_a_whole_model_are_read",
    ),
    Difference(
        "A sound without samples, or with one that is not finite",
        "a vector of silence, or one of NaN",
        "an error that names the input",
        f"{_FORMS}::test_an_error_names_the_input_and_leaves_the_model_usable",
    ),
    Difference(
        "`modalities` and `supports` of models of sounds that list `audio+text`",
        "list the pair, whose text nobody reads",
        "sounds alone",
        f"{_MODELS}::test_what_a_model_says_of_its_inputs",
    ),
    Difference(
        "`max_seq_length` of models of sounds alone (Whisper, wav2vec 2.0, HuBERT, WavLM)",
        "10^30 or so, what a tokenizer says that has no bound and reads no sound",
        "the positions of the longest sound that is heard whole; None where nothing bounds a sound",
        f"{_MODELS}::test_the_longest_sound_is_told_in_positions",
    ),
    Difference(
        "`preprocess` of sounds (wav2vec 2.0, HuBERT, WavLM)",
        "samples in one axis, a mask of samples where the extractor says so",
        "samples in hops, one a position, and a mask of positions",
        f"{_MODELS}::test_features_are_as_recorded",
    ),
)
