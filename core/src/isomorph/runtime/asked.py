"""The constructor's keyword dictionaries, checked and translated once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from isomorph.arguments.rules import COUNT, FLAG, TEXT, one_of, or_none
from isomorph.contract import Model, Options
from isomorph.errors import InputError
from isomorph.messages.shown import shown
from isomorph.model.chain import Chain
from isomorph.modules.processing import PROCESSING
from isomorph.runtime.beneath import changed_beneath
from isomorph.runtime.given_template import CHAT_TEMPLATE, through_template

_PRECISION_NAMES = {
    "float32": "float32",
    "fp32": "float32",
    "float16": "float16",
    "half": "float16",
    "fp16": "float16",
    "bfloat16": "bfloat16",
    "bf16": "bfloat16",
}
_RULES = {
    "model_max_length": or_none(COUNT),
    "padding_side": one_of("left", "right"),
    "truncation_side": one_of("left", "right"),
    "add_bos_token": or_none(FLAG),
    "add_eos_token": or_none(FLAG),
    CHAT_TEMPLATE: or_none(TEXT),
}
"""Rules for well-known processor arguments; those of other kinds of input check their own."""


def model_with(
    model: Model,
    model_kwargs: Mapping[str, Any] | None,
    processor_kwargs: Mapping[str, Any] | None,
) -> Model:
    """The model with the user's word on its inputs and on the artifact to use.

    Raises:
        InputError: a processor argument that nothing here reads or that cannot be, an output of no
            file, or a name that is none.
    """
    given = dict(processor_kwargs or {})
    known = {name for chain in model.chains.values() for name in chain.inputs.options}
    unknown = sorted(set(given) - known)
    if unknown:
        raise InputError(
            f"processor_kwargs {', '.join(unknown)} have no effect here; known: {sorted(known)}."
        )
    for name in given.keys() & _RULES.keys():
        given[name] = _RULES[name](name, given[name])
    options = model_kwargs or {}
    file_name, output_name = (_name_in(options, key) for key in ("file_name", "output_name"))
    if output_name is not None and file_name is None:
        raise InputError(
            f"output_name={output_name!r} is an output of which file? Say file_name too."
        )
    found = model.changed(lambda chain: told(chain, given)) if given else model
    return replace(found, artifact=file_name, artifact_output=output_name)


def _name_in(options: Mapping[str, Any], key: str) -> str | None:
    """The user's word on a prebuilt file, which nobody can guess from an empty text.

    Raises:
        InputError: it is no text, or an empty one.
    """
    said = options.get(key)
    if said is not None and not (isinstance(said, str) and said.strip()):
        raise InputError(
            f"model_kwargs {key}={said!r} must be a name, as 'model_O3.onnx' is of a file."
        )
    return said


def told(chain: Chain, given: Mapping[str, Any]) -> Chain:
    """A chain with the user's word on its inputs, as far as they know the names.

    It counts in place of the files of tokenizers and processors. What the first module asks of these in its
    ``processing_kwargs`` counts in place of the user's word, as in sentence-transformers.
    """
    from isomorph.modules.tokenizer import padding_side

    options = {name: value for name, value in given.items() if name in chain.inputs.options}
    if not options:
        return chain
    chain = replace(chain, told=dict(options))
    template = options.pop(CHAT_TEMPLATE, None)
    if template is not None:
        chain = through_template(chain, template)
    config = chain.graph.modules[0].config
    if "padding_side" in options:
        side, of_encoder = options["padding_side"], config.get("transformer", {})
        options["padding_side"] = padding_side(side, of_encoder)
    asked = config.get("settings", {}).get(PROCESSING) or {}
    return replace(chain, inputs=changed_beneath(chain.inputs, options, asked))


def options_from(
    model_kwargs: Mapping[str, Any] | None,
    config_kwargs: Mapping[str, Any] | None,
    trust_remote_code: bool,
) -> Options:
    """What is handed to the backend; ``dtype`` becomes a precision, the rest goes as it is."""
    rest = dict(model_kwargs or {})
    rest.pop("file_name", None)
    rest.pop("output_name", None)
    dtype = rest.pop("dtype", None)
    dtype = rest.pop("torch_dtype", dtype)
    return Options(
        arithmetic=precision_of(dtype, required=dtype != "auto"),
        model_kwargs=rest,
        config_kwargs=dict(config_kwargs or {}),
        trust_remote_code=trust_remote_code,
    )


def precision_of(dtype: Any, required: bool = False) -> str | None:
    """A precision by name, or by a dtype of any library; None for what is none.

    Raises:
        InputError: it is `required`, and is none.
    """
    if dtype is None:
        return None
    try:
        name = str(getattr(dtype, "__name__", None) or dtype).rsplit(".", 1)[-1]
    except Exception:  # the object's own code
        name = ""
    if required and name not in _PRECISION_NAMES:
        raise InputError(f"dtype {shown(dtype)} is not one of {', '.join(_PRECISION_NAMES)}.")
    return _PRECISION_NAMES.get(name)
