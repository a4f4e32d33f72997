"""From a program to an `openvino.Model`, alone or behind an encoder that was read from a file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from isomorph.program import Extents, Program
from isomorph_openvino.emit import EMITTERS, Emitter
from isomorph_openvino.engine import engine
from isomorph_openvino.weights import Weights

OVModel = Any
Output = Any


def compose(
    program: Program, weights: Weights | None = None, emitters: Mapping[str, Emitter] = EMITTERS
) -> OVModel:
    """The model that computes a program. All feed dimensions stay dynamic.

    Float32 weights are not copied: the model's constants lie in the mapped files, of which `weights`
    takes note.
    """
    return _model(program, {}, [], weights, emitters)


def extend(
    base: OVModel,
    outputs: Mapping[str, str],
    program: Program,
    weights: Weights | None = None,
    emitters: Mapping[str, Emitter] = EMITTERS,
    shown: bool = False,
) -> OVModel:
    """A model that was read from a file, and behind it the program of the remaining modules.

    Args:
        base: The model that was read; taken apart, not to be used afterwards.
        outputs: Which of its outputs carry which value of the program, name in the program first.
        program: Reads those values and feeds, which are bound to inputs of `base` of that name.
        weights: Takes note of the files that the program's constants lie in.
        emitters: What the program's operations become.
        shown: Gives what `base` computes too, as outputs named by `passed`.
    """
    sources = {name: _source(base, theirs) for name, theirs in outputs.items()}
    parameters = list(base.get_parameters())
    given = {**_inputs(parameters), **sources}
    fresh = set(program.outputs)
    for node in base.get_ops():  # a name may stand on one tensor only
        for port in node.outputs():
            if node.get_type_name() != "Parameter" and fresh & port.names:
                port.tensor.set_names(port.names - fresh)
    model = _model(program, given, parameters, weights, emitters)
    for name, port in sources.items() if shown else ():
        port.get_tensor().add_names({passed(name)})
        model.add_results([engine().opset15.result(port)])
    return model


def extents(base: OVModel, name: str) -> Extents | None:
    """The sizes of the axes of an output of a model; None where it is open how many there are."""
    shape = _source(base, name).get_partial_shape()
    if shape.rank.is_dynamic:
        return None
    return tuple(size.get_length() if size.is_static else None for size in shape)


def _source(base: OVModel, name: str) -> Output:
    """The port that an output of a model comes from."""
    ports = (result.input_value(0) for result in base.results)
    return next(port for port in ports if name in port.names)


def passed(name: str) -> str:
    """What an output is called that gives a value on its way from the file to the program."""
    return f"isomorph.passed.{name}"


def _inputs(parameters: list[Any]) -> dict[str, Output]:
    """The inputs of a model by name, as the int64 values that programs expect."""
    op = engine().opset15
    given = {}
    for parameter in parameters:
        port = parameter.output(0)
        for name in port.names:
            given[name] = port
            if port.element_type != engine().Type.i64:
                given[name] = op.convert(parameter, "i64").output(0)
    return given


def _model(
    program: Program,
    given: Mapping[str, Output],
    parameters: list[Any],
    weights: Weights | None,
    emitters: Mapping[str, Emitter],
) -> OVModel:
    ov, weights = engine(), weights or Weights()
    op = ov.opset15
    values = dict(given)
    parameters = list(parameters)
    for name, feed in program.feeds.items():
        if name not in values:
            shape = [axis if isinstance(axis, int) else -1 for axis in feed.axes]
            parameter = op.parameter(shape, np.dtype(feed.dtype).type)
            parameter.output(0).tensor.set_names({name})
            parameter.set_friendly_name(name)
            parameters.append(parameter)
            values[name] = parameter.output(0)
    for node in program.nodes:
        inputs = [_value(name, program, values, weights) for name in node.inputs]
        values[node.output] = emitters[node.primitive](op, *inputs, **node.attrs).output(0)
    results = []
    for name, source in program.outputs.items():
        port = _value(source, program, values, weights)
        assert port is not None  # only inputs may be absent
        port.get_tensor().add_names({name})
        results.append(op.result(port))
    return ov.Model(results, parameters, "isomorph")


def _value(
    name: str, program: Program, values: dict[str, Output], weights: Weights
) -> Output | None:
    """The port that holds a value; None for an absent input. Constants are made when first read."""
    if not name:
        return None
    if name not in values:
        array = weights.array(program.constants[name])
        values[name] = engine().opset15.constant(array, shared_memory=True).output(0)
    return values[name]
