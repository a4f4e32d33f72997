"""What tests of sentence-transformers fail on the drop-in, and why: the classes, and the page."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from archives import RELEASES

DIFFERENCE = "deliberate difference"
CLASSES: Sequence[tuple[str, re.Pattern[str], str]] = (
    (
        "arithmetic of an engine",
        re.compile(r"Unsupported: arithmetic in '\w+' was asked for"),
        "the engine computes in another number type than the test asks for, and refuses",
    ),
    (
        "private name",
        re.compile(
            r"has no attribute '?_|cannot import name '_|object has no attribute 'spec'"
            r"|belongs to the inside of the real library"
        ),
        "the test uses a helper that the library does not document",
    ),
    (
        "training",
        re.compile(r"use the real library, sentence|Trainer\b|\blosses\b|does not require grad"),
        "the drop-in runs models and trains none",
    ),
    (
        "live torch module",
        re.compile(
            r"auto_model|torch\.nn|nn\.Module|torch\._dynamo|runs a graph|load_adapter|add_adapter"
            r"|engines run the chain as its files say|is a module of a graph|Module of torch"
            r"|is files: \w+ cannot be set|object has no attribute 'type'|\(\) of its own"
            r"|has no attribute '(children|add_module|register_forward_hook)'"
        ),
        "the test reaches into layers of torch; a model here is a graph of an engine",
    ),
    (
        "network",
        re.compile(
            r"HubUnavailable|HF_HUB_OFFLINE|ConnectError|LocalEntryNotFound|couldn't connect"
        ),
        "the test asks the Hub for more than the tiny models",
    ),
    (
        DIFFERENCE,
        re.compile(r"AmbiguousHead|Random (weights|vectors)|no architecture that ends in"),
        "no weights are made up: a head that no file holds is refused",
    ),
    (
        DIFFERENCE,
        re.compile(r"Regex pattern did not match"),
        "what is wrong is refused, in other words",
    ),
    (
        DIFFERENCE,
        re.compile(r"record_tuples|LogCaptureFixture|DID NOT WARN"),
        "what the real library logs is a warning of Python, or an error",
    ),
    (
        "refused by name",
        re.compile(r"isomorph\.errors\."),
        "an error of ours says that this is not done, and what to do instead",
    ),
)
"""The class of a failure by its message, the first that fits, and what the class means."""
REASONS: Mapping[str, tuple[str, str]] = {
    "test_generated_from_trainer_tag": (
        "training",
        "skipped: is_training_available() is False here",
    ),
    "test_classifier_dropout_is_set": (
        "training",
        "dropout acts in training alone: there is none to set",
    ),
    "test_load_checkpoint_with_peft_and_lora": (
        "live torch module",
        "new adapters belong to layers of torch: transformers_model has them where a backend has one",
    ),
}
"""The class and the reason of tests whose message does not say them, by name."""
UNKNOWN = ("not explained", "no class fits the message")

Found = Mapping[str, Mapping[str, Mapping[str, str | None]]]
"""Of each side, of each file, of each test what its failure said."""


def page_of(files: Mapping[str, Path], found: Found, left: Sequence[str] = ()) -> str:
    """The page: counts by file, and every kind of failure with its class.

    Args:
        files: the files of tests by name.
        found: outcomes by side, the real library first. A file without any did not come to its end.
        left: names of files that belong to the suite and that nobody asked for this time.
    """
    real, *backends = found
    lines = [
        "# Tests of sentence-transformers' own repository",
        "",
        "`make test-reference-suite` wrote this page. The tests are those that the archives of the releases",
        f"{', '.join(reversed(RELEASES))} hold, of each test the newest, or those",
        "of a checkout: later archives hold no tests of inference. Models are tiny, with weights of",
        "a seed, and there is no network. Counted are the tests",
        f"that pass with {real} in the same environment.",
        *([f"Not run for this page: {', '.join(left)}."] if left else []),
        "",
        f"| file | counted | {' | '.join(backends)} |",
        f"|---|---|{'---|' * len(backends)}",
    ]
    counted = {file: [t for t, said in found[real][file].items() if said is None] for file in files}
    for file, tests in counted.items():
        passed = [_passed(found[each][file], tests) for each in backends]
        lines.append(f"| {file} | {len(tests)} | {' | '.join(passed)} |")
    all_of = [
        sum(_passes(found[each][file], t) for file, tests in counted.items() for t in tests)
        for each in backends
    ]
    total = sum(map(len, counted.values()))
    lines.append(f"| all | {total} | {' | '.join(map(str, all_of))} |")
    return "\n".join([*lines, "", *_failures(counted, found, backends)]) + "\n"


def _failures(
    counted: Mapping[str, Sequence[str]], found: Found, backends: Sequence[str]
) -> Sequence[str]:
    """The table of failures, those of one function together."""
    counts: dict[tuple[str, str, str, str], dict[str, int]] = {}
    for file, tests in counted.items():
        for test in tests:
            function = test.partition("[")[0]
            for backend in backends:
                if _passes(found[backend][file], test) or not found[backend][file]:
                    continue
                said = found[backend][file].get(test) or ""
                row = counts.setdefault((file, function, *_class_of(function, said)), {})
                row[backend] = row.get(backend, 0) + 1
    lines = [
        "## What fails, and why",
        "",
        f"| test | {' | '.join(backends)} | class | reason |",
        f"|---|{'---|' * len(backends)}---|---|",
    ]
    for (file, function, name, reason), row in sorted(counts.items()):
        failed = " | ".join(str(row.get(each, "")) for each in backends)
        lines.append(f"| {file}::{function} | {failed} | {name} | {reason} |")
    return lines


def _passed(outcomes: Mapping[str, str | None], tests: Sequence[str]) -> str:
    """How many passed. Of a file that did not come to its end nobody knows."""
    if tests and not outcomes:
        return "no end"
    return str(sum(_passes(outcomes, test) for test in tests))


def _passes(outcomes: Mapping[str, str | None], test: str) -> bool:
    return test in outcomes and outcomes[test] is None


def _class_of(function: str, message: str) -> tuple[str, str]:
    if function in REASONS:
        return REASONS[function]
    fitting = ((name, reason) for name, words, reason in CLASSES if words.search(message))
    return next(fitting, UNKNOWN)
