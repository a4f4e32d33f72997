"""The laws about loaded models. Each function is one law, and raises `LawBroken` with the reason."""

from __future__ import annotations

import copy
import hashlib
import shutil
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isomorph.contract import Asked, Claim, Session, SessionInfo, Values
from isomorph.errors import IsomorphError, Unsupported
from isomorph.plugins.reading import read_model
from isomorph.preprocess.text import Text
from isomorph.program.width import widths
from isomorph.runtime.number_types import coarsest
from isomorph.testing.compare import LawBroken, assert_close, real_tokens, require
from isomorph.testing.feeds import Feeds, Item, batch, positions, rows
from isomorph.testing.subject import Case, Subject

ARITHMETIC = ("float32", "float16", "bfloat16")
"""The number types that users ask for."""


def numbers_agree(subject: Subject, name: str) -> None:
    """What is claimed of a model has the reference's numbers, and so has the whole plan."""
    case, claim = subject.case(name), subject.claim(name)
    if claim.depth < len(case.model.graph):
        _agrees_cut_after(subject, name, claim.depth)
        return
    for batch_name, feeds in case.feeds.items():
        found = subject.session(name).forward(feeds)
        expected = case.expected(claim.depth, batch_name)
        _agree(case, batch_name, feeds, found, expected, subject.agrees(claim))


def every_cut_agrees(subject: Subject, name: str) -> None:
    """For each cut, the backend's part and the whole plan give the reference's numbers."""
    for depth in subject.cuts(name):
        _agrees_cut_after(subject, name, depth)


def _agrees_cut_after(subject: Subject, name: str, depth: int) -> None:
    """The first modules on the backend, and the rest on the reference behind them."""
    case, within = subject.case(name), subject.agrees(subject.claim(name))
    plan = subject.cut(name, depth)
    runner = plan.open(subject.options(plan.claim))
    assert runner.session is not None
    try:
        for batch_name, feeds in case.feeds.items():
            where = f"{batch_name}, cut after {depth}"
            part = runner.session.forward(feeds)
            _agree(case, where, feeds, part, case.expected(depth, batch_name), within)
            whole = case.expected(len(case.model.graph), batch_name)
            _agree(case, where, feeds, runner.forward(feeds), whole, within)
    finally:
        runner.close()


def exact_outputs(subject: Subject, name: str) -> None:
    """Exactly the promised names; float32, C-contiguous numpy arrays of the reference's shapes."""
    case, depth = subject.case(name), subject.claim(name).depth
    promised = set(case.model.graph.live(depth))
    for batch_name, feeds in case.feeds.items():
        values = subject.session(name).forward(feeds)
        require(
            set(values) == promised,
            f"model {name!r}: forward returned {sorted(values)} instead of {sorted(promised)}",
        )
        for output, array in values.items():
            what = case.name_of(batch_name, output)
            require(isinstance(array, np.ndarray), f"{what}: {type(array).__name__}, not numpy")
            require(array.dtype == np.float32, f"{what}: {array.dtype}, not float32")
            require(array.flags.c_contiguous, f"{what}: not C-contiguous")
            expected = case.expected(depth, batch_name)[output].shape
            require(array.shape == expected, f"{what}: shape {array.shape}, not {expected}")


def widths_are_told(subject: Subject, name: str) -> None:
    """Every value has as many features as the kinds of the modules say before anything is loaded."""
    case, claimed = subject.case(name), subject.claim(name).depth
    batch_name, feeds = next(iter(case.feeds.items()))
    for depth in range(1, len(case.model.graph) + 1):
        model = case.model.prefix(depth)
        told, last = widths(model), model.graph.modules[-1].kind
        given = dict(case.expected(depth, batch_name))
        if depth == claimed:
            given |= subject.session(name).forward(feeds)
        for output, array in given.items():
            what = f"{case.name_of(batch_name, output)} after {last!r}"
            found = array.shape[-1] if array.ndim > 1 else told[output]
            require(told[output] == found, f"{what}: {found} features, and {told[output]} are told")


def rows_are_independent(subject: Subject, name: str) -> None:
    """Padding width, order and neighbours of a row do not change its result."""
    case, session = subject.case(name), subject.session(name)
    model, within = case.model, subject.repeats(subject.claim(name))
    texts = rows(model, [4, 9, 3, 6], seed=5)
    strangers = rows(model, [4, 2, 8], seed=6)
    together = _by_row(session.forward(batch(model, texts)), texts)
    padded = isinstance(model.inputs, Text)
    width = max(0, min(subject.longest(name), 20) - max(map(positions, texts))) if padded else 0
    # How the rows are asked for again: the batch, its columns of padding, (place, row) pairs.
    ways: list[tuple[str, list[Item], int, list[tuple[int, int]]]] = [
        ("in reverse order", texts[::-1], 0, [(3 - row, row) for row in range(4)]),
        ("among other rows", [*strangers, *texts], 0, [(3 + row, row) for row in range(4)]),
        ("with more padding", texts, width, [(row, row) for row in range(4)]),
        *(("alone", [text], 0, [(0, row)]) for row, text in enumerate(texts)),
    ]
    for way, asked, extra, pairs in ways:
        found = _by_row(session.forward(batch(model, asked, extra=extra)), asked)
        for output, results in found.items():
            scale = max(float(np.abs(each).max()) for each in together[output])
            for place, row in pairs:
                what = case.name_of(f"row {row} {way}", output)
                assert_close(results[place], together[output][row], within, what, scale)


def feeds_are_untouched(subject: Subject, name: str) -> None:
    """`forward` does not write into what it was given, nor change the mapping."""
    for batch_name, feeds in subject.case(name).feeds.items():
        before = copy.deepcopy(feeds)
        subject.session(name).forward(feeds)
        what = f"model {name!r}, {batch_name}: forward"
        require(list(feeds) == list(before), f"{what} changed the names of its feeds")
        for feed, array in before.items():
            require(np.array_equal(feeds[feed], array), f"{what} wrote into {feed!r}")


def reusable(subject: Subject, name: str) -> None:
    """Calls follow each other with any shapes, and a later one leaves earlier results alone."""
    session, feeds = subject.session(name), subject.case(name).feeds
    first = {batch_name: session.forward(given) for batch_name, given in feeds.items()}
    kept = copy.deepcopy(first)
    for batch_name in reversed(feeds):
        _same(session.forward(feeds[batch_name]), kept[batch_name], subject, name, "asked again")
    for batch_name, values in first.items():
        for output, array in values.items():
            require(
                np.array_equal(array, kept[batch_name][output]),
                f"model {name!r}, {batch_name}: a later forward overwrote this {output}",
            )


def threads_agree(subject: Subject, name: str) -> None:
    """As many threads as there are lanes get what one thread gets; one lane, from another thread."""
    session, feeds = subject.session(name), subject.case(name).feeds
    lanes = min(subject.claim(name).lanes, session.effective.lanes)
    serial = {batch_name: session.forward(given) for batch_name, given in feeds.items()}
    calls = list(feeds) * 6
    with ThreadPoolExecutor(max(1, min(lanes, 4))) as pool:
        answers = list(pool.map(lambda batch_name: session.forward(feeds[batch_name]), calls))
    for batch_name, values in zip(calls, answers, strict=True):
        _same(values, serial[batch_name], subject, name, f"{lanes} threads")


def unknown_options_are_refused(subject: Subject, name: str) -> None:
    """A key of ``model_kwargs`` that the backend does not know is refused, and the error names the key.

    Where the backend lists its options, core refuses all others.
    """
    if subject.info.options is not None:
        return
    key, claim = "isomorph_kit_no_such_option", subject.claim(name)
    options = replace(subject.options(claim), model_kwargs={key: 1})
    try:
        session = subject.backend.load(subject.case(name).model.prefix(claim.depth), claim, options)
    except IsomorphError as refusal:
        require(
            key in str(refusal), f"model {name!r}: the refusal does not name {key!r}: {refusal}"
        )
        return
    session.close()
    raise LawBroken(
        f"model {name!r}: model_kwargs={{{key!r}: 1}} were taken. Raise Unsupported for a key that the "
        "backend does not know: a misspelt option must not be without effect in silence"
    )


def closes(subject: Subject, name: str) -> None:
    """After `close` forward raises `RuntimeError`, and closing again is no error."""
    session = subject.load(subject.case(name).model, subject.claim(name))
    feeds = next(iter(subject.case(name).feeds.values()))
    session.forward(feeds)
    session.close()
    try:
        session.close()
    except Exception as error:
        raise LawBroken(f"model {name!r}: closing twice raises {error!r}") from error
    try:
        session.forward(feeds)
    except RuntimeError:
        return
    raise LawBroken(f"model {name!r}: forward after close did not raise RuntimeError")


def neighbours_are_independent(subject: Subject, name: str) -> None:
    """A session that is loaded beside another one gives its values, and each outlives the other."""
    claim, case = subject.claim(name), subject.case(name)
    batch_name, feeds = next(iter(case.feeds.items()))
    model, many = case.model.prefix(claim.depth), subject.options(claim)
    load = partial(subject.backend.load, model, claim)
    for closed in (0, 1):
        with (
            closing(load(many)) as first,
            closing(load(replace(many, threads=2, lanes=1, beside=first))) as second,
        ):
            expected, found = first.forward(feeds), second.forward(feeds)
            _same(found, expected, subject, name, f"{batch_name}, beside another session")
            both = first, second
            both[closed].close()
            try:
                left = both[1 - closed].forward(feeds)
            except RuntimeError as cause:
                what = f"model {name!r}: a session does not outlive its neighbour"
                raise LawBroken(f"{what}: {cause}") from cause
            _same(left, expected, subject, name, f"{batch_name}, behind the close of its neighbour")


def effective_is_honest(subject: Subject, name: str) -> None:
    """A session runs where and as it was claimed, within what it was given."""
    claim, session = subject.claim(name), subject.session(name)
    require(isinstance(session, Session), f"{type(session).__name__} lacks a method of Session")
    require(isinstance(session.native, Mapping), "native is not a mapping")
    unsaid = set(session.native) - set(subject.info.attributes)
    require(not unsaid, f"native has {sorted(unsaid)}, which BackendInfo.attributes does not name")
    effective, options = session.effective, subject.options(claim)
    require(isinstance(effective, SessionInfo), f"effective is {type(effective).__name__}")
    where = f"model {name!r}"
    for what in ("device", "arithmetic", "weights", "artifact"):
        claimed, real = getattr(claim, what), getattr(effective, what)
        require(claimed == real, f"{where}: claims {what} {claimed}, runs with {real}")
    require(effective.engine and effective.provider, f"{where}: no engine or provider is named")
    require(
        1 <= effective.lanes <= options.lanes,
        f"{where}: {effective.lanes} lanes, {options.lanes} were asked for",
    )
    if claim.device.kind == "cpu":
        require(
            effective.threads <= options.threads,
            f"{where}: {effective.threads} threads, {options.threads} were allowed",
        )


def arithmetic_is_honoured(subject: Subject, name: str) -> None:
    """In whichever number type is asked for, the session computes, or `Unsupported` says why not."""
    case = subject.case(name)
    for asked in ARITHMETIC:
        try:
            claim = subject.backend.claim(case.model, subject.device, Asked(asked))
            session = subject.load(case.model, claim, arithmetic=asked) if claim.depth else None
        except Unsupported as refusal:
            require(str(refusal), f"model {name!r}: refuses {asked} without a reason")
            continue
        if session is None:
            continue
        try:
            found = coarsest(session.effective)
            require(found == asked, f"model {name!r}: {asked} was asked for, got {found}")
            if asked != ARITHMETIC[0]:
                _agrees_in(subject, case, claim, session)
        finally:
            session.close()


def _agrees_in(subject: Subject, case: Case, claim: Claim, session: Session) -> None:
    """A session's values are those of the reference, as far as its number type goes."""
    within = subject.agrees(replace(claim, arithmetic=session.effective.arithmetic))
    batch_name, feeds = next(iter(case.feeds.items()))
    where = f"{batch_name}, {session.effective.arithmetic}"
    expected = case.expected(claim.depth, batch_name)
    _agree(case, where, feeds, session.forward(feeds), expected, within)


def kept_is_the_same(subject: Subject, name: str, folder: Path) -> None:
    """What `Options.compile_cache` kept gives the same values, and what is damaged is compiled anew."""
    case, claim = subject.case(name), subject.claim(name)
    expected = {batch: subject.session(name).forward(feeds) for batch, feeds in case.feeds.items()}
    cache = Kept(folder)
    options = replace(subject.options(claim), compile_cache=cache)
    for how in ("kept now", "found again", "found damaged"):
        if how == "found damaged":
            cache.damage()
        try:
            session = subject.backend.load(case.model.prefix(claim.depth), claim, options)
        except Exception as cause:
            raise LawBroken(
                f"model {name!r}: what it compiled is {how}, and load raises {cause!r}"
            ) from cause
        try:
            for batch_name, feeds in case.feeds.items():
                found = session.forward(feeds)
                _same(found, expected[batch_name], subject, name, f"{batch_name}, {how}")
        finally:
            session.close()


class Kept:
    """A compile cache in a folder, without a bound."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __call__(
        self, description: bytes, make: Callable[[Path], None], /, *, size: int | None = None
    ) -> Path | None:
        """The folder of this description, made where it is not there."""
        target = self._folder / hashlib.sha256(description).hexdigest()[:16]
        if not target.exists():
            target.mkdir(parents=True)
            make(target)
        return target

    def damage(self) -> None:
        """Writes over the beginning of every file."""
        for file in self._folder.rglob("*"):
            if file.is_file():
                file.write_bytes(b"damaged" + file.read_bytes()[7:])


def save_round_trip(subject: Subject, name: str, folder: Path) -> None:
    """A folder that was saved into claims at least as deep, and gives the same values.

    The folder holds the original files too. It is moved between saving and reading, since a model
    is saved in order to be taken elsewhere.
    """
    case, claim = subject.case(name), subject.claim(name)
    written = shutil.copytree(case.model.folder, folder / "written")
    subject.session(name).save(written)
    moved = written.rename(folder / "moved")
    model = read_model(moved)
    found = subject.claim_of(model)
    require(
        found.depth >= claim.depth,
        f"model {name!r}: claimed {claim.depth} modules, but {found.depth} once saved: {found.reason}",
    )
    if found.artifact is not None:
        inside = found.artifact.resolve().is_relative_to(moved.resolve())
        require(inside, f"model {name!r}: the artifact {found.artifact} is not in the saved folder")
    session = subject.load(model, found)
    try:
        require(
            session.effective.artifact == found.artifact,
            f"model {name!r}: claims the artifact {found.artifact}, "
            f"runs with {session.effective.artifact}",
        )
        within = subject.agrees(claim)
        for batch_name, feeds in case.feeds.items():
            expected = case.expected(found.depth, batch_name)
            _agree(case, f"{batch_name}, saved", feeds, session.forward(feeds), expected, within)
    finally:
        session.close()


def _agree(
    case: Case, where: str, feeds: Feeds, actual: Values, expected: Values, within: float
) -> None:
    """Every expected output is there and close, at real tokens."""
    for output, array in expected.items():
        what = case.name_of(where, output)
        require(output in actual, f"{what}: missing; there is {sorted(actual)}")
        given = np.asarray(actual[output])
        require(given.shape == array.shape, f"{what}: shape {given.shape}, not {array.shape}")
        mine, theirs = (real_tokens(output, a, feeds) for a in (given, array))
        assert_close(mine, theirs, within, what)


def _same(actual: Values, expected: Values, subject: Subject, name: str, how: str) -> None:
    """Two answers of one session to one question."""
    within = subject.repeats(subject.claim(name))
    for output, array in expected.items():
        what = subject.case(name).name_of(how, output)
        assert_close(np.asarray(actual[output]), array, within, what)


def _by_row(values: Values, texts: list[Item]) -> dict[str, list[NDArray[Any]]]:
    """Each output split into rows, token states without padding (which is on the right)."""
    return {
        output: [
            array[row] if array.ndim < 3 else array[..., row, : positions(text), :]
            for row, text in enumerate(texts)
        ]
        for output, array in values.items()
    }
