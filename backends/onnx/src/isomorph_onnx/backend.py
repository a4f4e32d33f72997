"""ONNX Runtime: the whole chain as one graph, made from the weights or found in the folder.

What reads files of the folder is imported where one may be used: most models are lowered.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from isomorph.contract import NOTHING_ASKED, Asked, Claim, Device, Model, Options, Session
from isomorph.errors import BackendUnavailable, BadModel
from isomorph.program import Program, claimable, lower, widths
from isomorph_onnx.asked import refuse_other_arithmetic, refuse_unknown
from isomorph_onnx.coded import multiplied
from isomorph_onnx.devices import list_devices
from isomorph_onnx.emit import EMITTERS
from isomorph_onnx.session import OnnxSession

LANES = 64
"""A session takes any number of runs at once; core asks for no more than there are CPUs."""


class OnnxBackend:
    """Runs on every execution provider of the installed ONNX Runtime."""

    def devices(self) -> Sequence[Device]:
        """Accelerators of this build, then the CPU."""
        devices = list_devices()
        if not devices:
            raise BackendUnavailable("onnx", "this build of onnxruntime has no usable provider")
        return devices

    def claim(self, model: Model, device: Device, asked: Asked = NOTHING_ASKED) -> Claim:
        """What lowers to the primitives; a file in the folder, and what lowers after it.

        The file is used where the user named it, or where it reaches further.

        Raises:
            Unsupported, BadModel: the user names a file that is no use, or asks for what there is not.
        """
        refuse_unknown(asked.model_kwargs, device)
        depth, stop = claimable(model, EMITTERS.keys())
        on_cpu = device.kind == "cpu"
        lanes = LANES if on_cpu else 1
        named = model.artifact is not None
        if named or depth < len(model.graph):
            from isomorph_onnx.artifact import find

            artifact, reason = find(model)
            stop = f"{stop}; {reason}" if reason else stop
            if artifact is not None:
                more, then = claimable(model.rest(artifact.depth), EMITTERS.keys())
                if named or artifact.depth + more > depth:
                    refuse_other_arithmetic(asked.arithmetic, artifact)
                    return Claim(
                        device,
                        artifact.depth + more,
                        reason=then,
                        arithmetic=artifact.signature.arithmetic,
                        weights=artifact.signature.precision,
                        lanes=lanes,
                        artifact=artifact.file,
                        latency=on_cpu,
                    )
        refuse_other_arithmetic(asked.arithmetic, None)
        # Of files that others made, nobody knows whether rows are steady.
        head = model.prefix(depth)
        program = lower(head) if on_cpu else None
        return Claim(
            device,
            depth,
            reason=stop,
            weights="int8" if program is not None and multiplied(program) else None,
            lanes=lanes,
            batch_invariant=program is not None and not _sums_odd_rows(head, program),
            latency=on_cpu,
        )

    def load(self, model: Model, claim: Claim, options: Options) -> Session:
        """Makes a session of the lowered graph, or of the file that the claim names and what follows."""
        if claim.artifact is None:
            return OnnxSession.from_program(model, lower(model), claim, options)
        from isomorph_onnx.artifact import find
        from isomorph_onnx.chained import ChainedSession

        artifact, reason = find(model)
        if artifact is None or artifact.file != claim.artifact:
            raise BadModel(f"{claim.artifact} has changed since it was claimed. {reason}".strip())
        head = model.prefix(artifact.depth)
        first = OnnxSession.from_artifact(head, artifact, claim, options)
        if artifact.depth == len(model.graph):
            return first
        tail = model.rest(artifact.depth)
        options = replace(options, arithmetic=None)  # the file decided; what follows is float32
        then = OnnxSession.from_program(tail, lower(tail), replace(claim, weights=None), options)
        return ChainedSession(first, artifact.file, head, then)


def _sums_odd_rows(model: Model, program: Program) -> bool:
    """Whether vectors are normalised whose length is no multiple of 64 bytes.

    ONNX Runtime adds up the numbers before the first 64-byte line apart from the others, so that the last
    bits of a sum of squares depend on where a row begins.
    """
    nodes = program.nodes
    squares = {
        node.output for node in nodes if len(node.inputs) == 2 and len(set(node.inputs)) == 1
    }
    summed = any(
        node.primitive == "reduce" and node.attrs["axis"] == -1 and node.inputs[0] in squares
        for node in nodes
    )
    steps = [model.prefix(depth) for depth in range(1, len(model.graph) + 1)]
    known = {width for step in steps for width in widths(step).values()}
    return summed and any(width is None or width % 16 for width in known)
