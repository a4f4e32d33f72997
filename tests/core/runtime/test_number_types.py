"""What a session computes in and what its weights are stored in are two facts, and both limit exactness."""

import pytest

from isomorph.contract import BackendInfo, Claim, Device, Options, SessionInfo
from isomorph.errors import InputError, Unsupported
from isomorph.runtime.number_types import coarsest
from isomorph.runtime.plan import Plan, check_effective
from isomorph.testing.subject import Subject

CPU = Device("cpu")


@pytest.mark.parametrize(
    ("arithmetic", "weights", "wanted"),
    [
        ("float32", None, "float32"),
        ("bfloat16", None, "bfloat16"),
        ("float32", "float32", "float32"),
        ("float32", "int8", "int8"),
        ("float32", "float16", "float16"),
        ("float16", "int4", "int4"),
        ("bfloat16", "float16", "bfloat16"),
        ("float16", "float32", "float16"),
        ("tf32", "float32", "tf32"),
        ("mxfp", "int8", "int8"),
    ],
)
def test_the_type_of_fewer_bits_decides(arithmetic, weights, wanted):
    assert coarsest(Claim(CPU, 1, arithmetic=arithmetic, weights=weights)) == wanted


def info(**changes):
    return SessionInfo(CPU, "engine 1", provider="here", threads=1, lanes=1, **changes)


@pytest.mark.parametrize(
    ("effective", "said"),
    [
        (info(arithmetic="bfloat16"), "computes in 'bfloat16' on cpu"),
        (info(weights="int8"), "computes in 'float32' on cpu, with weights stored in 'int8'"),
    ],
)
def test_a_session_in_other_numbers_than_asked_is_refused(effective, said):
    plan = Plan(None, BackendInfo("acme", ""), None, Claim(CPU, 1))
    check_effective(effective, plan, Options())
    with pytest.raises(Unsupported, match=said):
        check_effective(effective, plan, Options(arithmetic="float32"))


def test_the_kit_allows_what_arithmetic_or_weights_cost(tmp_path):
    subject = Subject(BackendInfo("acme", ""), None, CPU, tmp_path)
    exact = Claim(CPU, 1)
    by_arithmetic, by_weights = (
        Claim(CPU, 1, arithmetic="float16"),
        Claim(CPU, 1, weights="float16"),
    )
    assert subject.agrees(exact) < subject.agrees(by_arithmetic) == subject.agrees(by_weights)
    assert subject.repeats(exact) < subject.repeats(by_arithmetic) == subject.repeats(by_weights)
    with pytest.raises(InputError, match=r"no tolerance for 'int8'; .* attribute 'tolerance'"):
        subject.agrees(Claim(CPU, 1, weights="int8"))
