"""Every call of the grid does what it does in sentence-transformers, or differs for a listed reason."""

from __future__ import annotations

import pytest
from parity.recorded import BACKENDS, EXPECTED, absent

from isomorph import SentenceTransformer
from isomorph.errors import BackendUnavailable

from .calls import PLAIN, calls
from .differences import DIFFERENCES, reason_for
from .dropin import DROPIN
from .folders import FOLDERS
from .images import IMAGES
from .judging import JUDGING
from .outcome import TESTS, difference
from .running import differing, recorded
from .sounds import SOUNDS
from .table import BACKEND, PAGE, page

KINDS = tuple(dict.fromkeys(call.kind for call in calls()))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("backend", sorted({*BACKENDS, *EXPECTED}))
def test_outcomes_agree(kind, backend):
    try:
        SentenceTransformer(TESTS / PLAIN, backend=backend).encode("a")
    except BackendUnavailable as reason:
        absent(backend, str(reason))
    unlisted = {
        call.name: said for call, said in differing(kind, backend) if reason_for(call, said) is None
    }
    assert not unlisted


def test_every_call_was_recorded():
    assert {call.name for call in calls()} == recorded().keys()


def test_every_listed_difference_is_still_one():
    used = set()
    for kind in KINDS:
        used |= {reason_for(*found) for found in differing(kind, BACKEND)}
    assert not [entry for entry in DIFFERENCES if entry not in used]


def test_the_page_is_as_generated():
    assert PAGE.read_text("utf-8") == page(), "run: make docs"


@pytest.mark.parametrize(
    "row",
    [*FOLDERS, *SOUNDS, *IMAGES, *JUDGING, *DROPIN],
    ids=lambda row: row.asked[:40],
)
def test_a_folder_that_is_taken_differently_has_a_test_that_says_so(row):
    file, _, name = row.test.partition("::")
    assert f"def {name}(" in (TESTS / file).read_text("utf-8")


def _array(*values, dtype="float32"):
    return {"is": "array", "dtype": dtype, "value": list(values)}


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ({"is": "error", "kinds": ["KeyError"]}, {"is": "error", "kinds": ["ValueError"]}),
        ({"is": "error", "kinds": ["KeyError"]}, {"is": "value", "value": "3"}),
        ({"is": "value", "value": "3"}, {"is": "error", "kinds": ["KeyError"]}),
        ({"is": "value", "value": "3"}, {"is": "value", "value": "4"}),
        ({"is": "list", "items": []}, {"is": "list", "items": [{"is": "value", "value": "3"}]}),
        (_array(1.0), _array(1.1)),
        (_array(1.0), _array(1.0, dtype="float64")),
        (_array(1.0), _array([1.0])),
        (_array(1.0), {**_array(1.0), "is": "tensor"}),
        ({"is": "dict", "items": {"a": 1}}, {"is": "dict", "items": {"b": 1}}),
    ],
)
def test_differences_are_seen(ours, theirs):
    assert difference(ours, theirs)


def test_what_is_equal_does_not_differ():
    tree = {"is": "dict", "items": {"a": {"is": "list", "items": [_array(1.0), _array()]}}}
    assert not difference(tree, tree)
    assert not difference({**_array(3, 4), "dtype": "int8"}, {**_array(3, 5), "dtype": "int8"})
