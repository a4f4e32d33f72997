"""Saboteurs whose results are wrong, or come back wrongly."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import numpy as np

from isomorph.contract import NOTHING_ASKED, Asked, Claim, Device, Model, Values
from isomorph.testing.saboteurs.honest import Changed, Honest, Passage


class IgnoresMask(Honest):
    """Lets real tokens attend to padding."""

    def before(self, session: Passage, values: Values) -> Values:
        """All ones."""
        if "attention_mask" not in values:
            return values
        return {**values, "attention_mask": np.ones_like(values["attention_mask"])}


class SwapsTypes(Honest):
    """Takes the first text for the second."""

    def before(self, session: Passage, values: Values) -> Values:
        """The types, reversed."""
        if "token_type_ids" not in values:
            return values
        return {**values, "token_type_ids": 1 - values["token_type_ids"]}


class IsWrongInTheMiddle(Honest):
    """Gives right sentence vectors and wrong token vectors."""

    def after(self, session: Passage, feeds: Values, results: Changed) -> Changed:
        """Token vectors, slightly off."""
        return {n: v * 1.001 if n == "token_embeddings" else v for n, v in results.items()}


class ReturnsFloat64(Honest):
    """Returns another type than promised."""

    def after(self, session: Passage, feeds: Values, results: Changed) -> Changed:
        """float64."""
        return {name: array.astype(np.float64) for name, array in results.items()}


class ReturnsLists(Honest):
    """Returns something that only looks like an array."""

    def after(self, session: Passage, feeds: Values, results: Changed) -> Changed:
        """Nested lists."""
        return {name: array.tolist() for name, array in results.items()}


class ReturnsFortranOrder(Honest):
    """Returns the right numbers in the wrong order of memory."""

    def after(self, session: Passage, feeds: Values, results: Changed) -> Changed:
        """Column by column."""
        return {name: np.asfortranarray(array) for name, array in results.items()}


class DropsAnOutput(Honest):
    """Returns less than promised."""

    def after(self, session: Passage, feeds: Values, results: Changed) -> Changed:
        """Nothing."""
        return {}


class AddsAnOutput(Honest):
    """Returns more than promised."""

    def after(self, session: Passage, feeds: Values, results: Changed) -> Changed:
        """A mask that nobody asked for."""
        return {**results, "extra": np.zeros((1, 1), np.float32)}


class LosesAFeature(Honest):
    """Returns vectors that are narrower than the modules say."""

    def after(self, session: Passage, feeds: Values, results: Changed) -> Changed:
        """All features but the last."""
        return {name: np.ascontiguousarray(array[..., :-1]) for name, array in results.items()}


class WritesIntoFeeds(Honest):
    """Works in place on what belongs to the caller."""

    def after(self, session: Passage, feeds: Values, results: Changed) -> Changed:
        """Zeros the ids."""
        feeds["input_ids"][...] = 0
        return results


class MixesRows(Honest):
    """Normalises over the batch."""

    def after(self, session: Passage, feeds: Values, results: Changed) -> Changed:
        """Adds a trace of the batch's mean."""
        name = next(iter(results))
        array = results[name]
        return {**results, name: array + np.float32(1e-4) * array.mean(axis=0, keepdims=True)}


class DependsOnWidth(Honest):
    """Lets the padded width into the result."""

    def after(self, session: Passage, feeds: Values, results: Changed) -> Changed:
        """Grows with the number of columns."""
        width = feeds["attention_mask"].shape[1] if "attention_mask" in feeds else 0
        return {name: array * np.float32(1 + 1e-5 * width) for name, array in results.items()}


class HearsPadding(Honest):
    """Takes the silence behind a shorter sound for a part of that sound."""

    def before(self, session: Passage, values: Values) -> Values:
        """As many samples for each as the longest has."""
        if "samples" not in values:
            return values
        counts = values["samples"]
        return {**values, "samples": np.full_like(counts, counts.max())}


class SeesPadding(Honest):
    """Takes the patches behind a smaller image for a part of that image."""

    def before(self, session: Passage, values: Values) -> Values:
        """No cell is hidden."""
        if "cell_mask" not in values:
            return values
        return {**values, "cell_mask": np.ones_like(values["cell_mask"])}


class IsNearlySteady(Honest):
    """Promises equal bits, and rounds by the place of a row."""

    def claim(self, model: Model, device: Device, asked: Asked = NOTHING_ASKED) -> Claim:
        """Steady."""
        return replace(super().claim(model, device, asked), batch_invariant=True)

    def after(self, session: Passage, feeds: Values, results: Changed) -> Changed:
        """Bits that depend on nothing, but in every third row, which has the next larger numbers."""
        steady = {name: _coarse(array) for name, array in results.items()}
        for array in steady.values():
            rows = array if array.ndim < 3 else array.swapaxes(0, -3)
            rows[::3] = np.nextafter(rows[::3], np.float32(np.inf))
        return steady


class IsSteadyForSomeThreads(IsNearlySteady):
    """Promises equal bits, and rounds by the number of threads."""

    def after(self, session: Passage, feeds: Values, results: Changed) -> Changed:
        """Larger numbers where there are more threads than lanes."""
        more = np.float32(1 + int(session.options.threads > session.options.lanes))
        return {name: _coarse(array) * more for name, array in results.items()}


class ReusesItsBuffer(Honest):
    """Returns the same memory from every call of one shape."""

    def after(self, session: Passage, feeds: Values, results: Changed) -> Changed:
        """Views of one buffer."""
        size = sum(array.size for array in results.values())
        if session.scratch is None or session.scratch.size < size:
            session.scratch = np.zeros(max(size, 1 << 16), np.float32)
        return {name: _into(session.scratch, array) for name, array in results.items()}


class IsNotThreadSafe(Honest):
    """Promises lanes and keeps the feeds of a call in the session."""

    def claim(self, model: Model, device: Device, asked: Asked = NOTHING_ASKED) -> Claim:
        """Four lanes."""
        return replace(super().claim(model, device, asked), lanes=4)

    def before(self, session: Passage, values: Values) -> Values:
        """Whatever was left here last."""
        session.scratch = values
        time.sleep(0.001)
        return session.scratch  # type: ignore[no-any-return]


def _coarse(array: Any) -> Any:
    """Without the bits in which the reference's rows differ."""
    return np.round(array, 2)


def _into(buffer: Any, array: Any) -> Any:
    view = buffer[: array.size].reshape(array.shape)
    view[...] = array
    return view
