"""Images, alone and among texts, that the two libraries take differently; each with our test."""

from __future__ import annotations

from .folders import Difference

_MINGLED = "parity/test_mingled.py"

_FILMS = "parity/test_films.py"

_BY_CALL = "core/runtime/test_by_call.py"

IMAGES = (
    Difference(
        "Two towers whose settings list no `modality_config`",
        "taken for a model of texts; the first forward raises AttributeError",
        "both towers are read, as the kind of the model says",
        "core/preprocess/test_processors.py::test_both_towers_are_read_where_no_modality_is_listed",
    ),
    Difference(
        "A list of texts, images, dictionaries and pairs in one call (Qwen2-VL and its like)",
        "one sequence of patches, and plain texts through the model that sees",
        "the same vectors; texts alone take an encoder of texts and load no tower",
        f"{_MINGLED}::test_texts_alone_load_no_tower",
    ),
    Difference(
        "`preprocess` of messages with images",
        "patches end to end, with `image_grid_thw`",
        "an image a row, in cells, with a mask, positions of patches and places of vectors",
        f"{_MINGLED}::test_ids_and_pixels_are_those_of_the_reference_to_the_bit",
    ),
    Difference(
        "A message whose images reach beyond `max_seq_length`",
        "an error about image tokens and features, or a cut within a text that names no input",
        "an error that names the input, and what to do",
        f"{_MINGLED}::test_a_text_that_would_be_cut_within_an_image_is_refused",
    ),
    Difference(
        "A part of a message that is `pathlib.Path` or `bytes`, a text that spells the token of an image",
        "an error without an index",
        "read; refused with the index of the input",
        f"{_MINGLED}::test_forms_that_say_the_same_have_one_vector",
    ),
    Difference(
        "The query of a ColQwen2 with transformers from 5.23 on",
        "ends with a line break behind its padding tokens",
        "has none, as with earlier releases and where the model was trained",
        f"{_MINGLED}::test_pages_and_queries_are_those_of_the_reference",
    ),
    Difference(
        "A video of Qwen3-VL with transformers from 5.23 on",
        "stands between a second pair of marks",
        "between one, as with earlier releases and where the model was trained",
        f"{_FILMS}::test_vectors_are_those_of_the_reference",
    ),
    Difference(
        "A video of Qwen2-VL with transformers 5.5",
        "its vectors have positions of other frames, rows and columns",
        "the positions of later releases, and of where the model was trained",
        f"{_FILMS}::test_vectors_are_those_of_the_reference",
    ),
    Difference(
        "A file of a video that says how it is turned or mirrored",
        "its frames as they lie, where PyAV reads it",
        "turned and mirrored, as images",
        "core/preprocess/test_videos.py::test_what_a_file_says_of_turning_and_mirroring_is_done",
    ),
    Difference(
        "A file of a video whose frames have times of their own, and whose header names the unit of time",
        "that unit is its rate, where PyAV reads it: a thousand frames a second",
        "the mean rate by the times of its frames; frames are counted at it, as in transformers",
        "core/preprocess/test_videos.py::test_the_rate_of_a_file_whose_frames_have_times_of_their_own_is_their_mean",
    ),
    Difference(
        "A video whose floats go from 0 to 1",
        "divided by 255 once more",
        "recognised by its numbers, and the same as its bytes",
        f"{_FILMS}::test_forms_that_say_the_same_have_one_vector",
    ),
    Difference(
        "`fps` or `num_frames` in `processor_kwargs`",
        "without effect where the files say `do_sample_frames=false`",
        "frames are taken so, unless `do_sample_frames` is said too",
        f"{_FILMS}::test_the_users_word_on_frames_and_pixels_counts",
    ),
    Difference(
        "`processing_kwargs` of a part that the model takes no inputs of, or with a name that nothing reads",
        "passed over, some of them with a line in the log",
        "refused by name",
        f"{_BY_CALL}::test_what_a_call_cannot_say_is_refused_whatever_it_holds",
    ),
    Difference(
        "`min_frames` or `max_frames` of `video` in `processing_kwargs` (Qwen3-VL)",
        "without effect: the class asks its file",
        "refused; `processor_kwargs` say them",
        f"{_BY_CALL}::test_what_a_call_cannot_say_is_refused_whatever_it_holds",
    ),
    Difference(
        "`num_frames` of `video` in `processing_kwargs` (Qwen3-VL)",
        "ValueError, since the class has a rate of its own",
        "so many frames are taken",
        f"{_BY_CALL}::test_so_many_frames_are_taken_of_a_class_with_a_rate_of_its_own",
    ),
    Difference(
        "`processing_kwargs` that would make arrays of another size than the model reads (`crop_size`)",
        "fails in the forward, or gives numbers that mean nothing",
        "refused before anything runs",
        f"{_BY_CALL}::test_a_form_that_the_model_was_not_loaded_for_is_refused_by_every_backend",
    ),
)
