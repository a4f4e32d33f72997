"""What authors of plugins see of the contract: a docstring for each field, and calls that name it."""

import ast
import dataclasses
import inspect
import re

import pytest

from isomorph import contract, errors, hookspecs, kinds
from isomorph.contract import (
    Asked,
    BackendInfo,
    Batches,
    Claim,
    CommandInfo,
    Device,
    ExporterInfo,
    Options,
    SessionInfo,
)
from isomorph.hookspecs import Request

RECORDS = (
    Device,
    Asked,
    Batches,
    Claim,
    Options,
    SessionInfo,
    BackendInfo,
    CommandInfo,
    ExporterInfo,
    Request,
)
LONGEST_SENTENCE = 20  # words


def fields_of(record):
    """The docstring below each field of a class, by field."""
    tree = ast.parse(inspect.getsource(record)).body[0].body
    found = {}
    for field, after in zip(tree, [*tree[1:], None], strict=True):
        if isinstance(field, ast.AnnAssign) and field.target.id != "_":
            text = isinstance(after, ast.Expr) and ast.literal_eval(after.value)
            found[field.target.id] = inspect.cleandoc(text or "")
    return found


def sentences(text):
    """The sentences of a docstring before its list of errors; examples are no sentences."""
    text = re.sub(r"^ {4}.*$", "", text.split("\nRaises:")[0], flags=re.MULTILINE)
    plain = re.sub(r"``.*?``|`.*?`", "CODE", text, flags=re.DOTALL)
    return [part for part in re.split(r"[.;:](?:\s+|$)", plain) if part.strip()]


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.__name__)
def test_each_field_says_its_default_first(record):
    documented = fields_of(record)
    for field in dataclasses.fields(record):
        has_none = field.default is field.default_factory is dataclasses.MISSING
        wanted = "Required" if has_none else "Default"
        assert documented[field.name].startswith(wanted), field.name


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.__name__)
def test_no_sentence_about_a_field_is_long(record):
    for name, text in fields_of(record).items():
        for sentence in sentences(text):
            assert len(sentence.split()) <= LONGEST_SENTENCE, (name, sentence)


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.__name__)
def test_fields_after_the_second_are_named_in_calls(record):
    positional = [field.name for field in dataclasses.fields(record) if not field.kw_only]
    assert len(positional) == 2, positional


def test_every_record_of_the_contract_is_held_to_these_rules():
    public = [getattr(contract, name) for name in contract.__all__]
    theirs = {
        kind
        for kind in public
        if isinstance(kind, type) and kind.__module__.startswith(contract.__name__)
    }
    assert {kind for kind in theirs if dataclasses.is_dataclass(kind)} == set(RECORDS) - {Request}


def documented():
    """The docstrings of what plugin authors import: modules, classes and methods, by name."""
    for module in (contract, errors, hookspecs, kinds):
        yield module.__name__, module.__doc__
        for name, thing in vars(module).items():
            home = getattr(thing, "__module__", "") or ""
            if name.startswith("_") or not home.startswith(module.__name__):
                continue
            yield f"{module.__name__}.{name}", inspect.getdoc(thing)
            for method in vars(thing) if inspect.isclass(thing) else ():
                if not method.startswith("_"):
                    yield (
                        f"{module.__name__}.{name}.{method}",
                        inspect.getdoc(getattr(thing, method)),
                    )


def test_docstrings_of_the_public_modules_have_short_sentences():
    said = [(name, sentence) for name, text in documented() for sentence in sentences(text or "")]
    assert not [each for each in said if len(each[1].split()) > LONGEST_SENTENCE]


def test_every_kind_of_module_says_what_its_fields_are():
    assert all(fields_of(kinds.ModuleKind).values())
