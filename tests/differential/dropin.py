"""Calls on the drop-in that answer otherwise than the library that it stands for; each with its test."""

from __future__ import annotations

from .folders import Difference

_HERE = "../plugins/dropin/tests"

DROPIN = (
    Difference(
        "Hooks, `buffers`, `get_parameter`, `apply`, `isinstance(model, torch.nn.Module)`",
        "a module of torch",
        "AttributeError, and False: an engine computes the chain as a whole, and would pass over a hook",
        f"{_HERE}/test_no_torch_module.py::test_hooks_and_parts_of_a_module_of_torch_are_no_attributes",
    ),
    Difference(
        "`modules`, `named_children` and `state_dict` of a model",
        "down to every layer of torch, with the names that transformers has",
        "the modules of the chain, and weights by their names in the file",
        f"{_HERE}/test_no_torch_module.py::"
        "test_modules_are_those_of_the_chain_and_weights_have_the_names_of_the_file",
    ),
    Difference(
        "A copy, a pickle or a pool of a model whose `model[0].auto_model` a program has taken",
        "copies the live model",
        "refused: what the program changed in it is in no file; `model.config` hands nothing out",
        f"{_HERE}/test_no_torch_module.py::"
        "test_a_model_whose_live_module_is_known_is_not_copied_without_its_changes",
    ),
    Difference(
        "`truncation_side`, added tokens or a chat template set on `model.tokenizer`",
        "followed",
        "refused: the tokenizer of the files reads texts; `processor_kwargs` decides",
        f"{_HERE}/test_tokens.py::"
        "test_what_is_said_on_a_tokenizer_and_would_be_passed_over_is_refused",
    ),
    Difference(
        "`padding_side` left, of an encoder that counts positions from the left edge (BERT)",
        "a text's vector changes with its neighbours",
        "features are padded on the left; vectors are those that each text has alone",
        f"{_HERE}/test_tokens.py::test_features_are_padded_on_the_side_of_the_tokenizer",
    ),
    Difference(
        "A single text in `tokenize` and `preprocess`",
        "a batch of its letters",
        "refused",
        f"{_HERE}/test_no_torch_module.py::test_a_single_text_is_no_batch_of_its_letters",
    ),
)
