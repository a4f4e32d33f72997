"""What the kit says of a backend that is broken in a usual way: one line that says what is wrong."""

import os
import re

import pytest
from tests.kit.test_saboteurs import run
from tests.kit.test_suite import kit

from isomorph.testing.asked import MODELS
from isomorph.testing.compare import LawBroken
from isomorph.testing.saboteurs import SABOTEURS, Honest, claims, sessions, values


class LacksAPrimitive(Honest):
    """Claims modules that it cannot run."""

    def after(self, session, feeds, results):
        raise KeyError("unsqueeze")


class LoadsNothing(Honest):
    """Claims modules that it cannot load."""

    def load(self, model, claim, options):
        raise OSError("driver 535 is too old")


class OnlyOneShape(Honest):
    """Compiles for other shapes than it claims."""

    def before(self, session, values):
        raise ValueError("there is no program of this shape")


TABLE = {
    LacksAPrimitive: r"modules are claimed \(transformer.*forward raises KeyError\('unsqueeze'\)",
    LoadsNothing: r"modules are claimed \(transformer.*load raises OSError\('driver 535 is too old'\)",
    OnlyOneShape: r"modules are claimed .* forward raises ValueError\('there is no program",
    values.AddsAnOutput: r"forward returned \[.*\] instead of \[",
    values.DropsAnOutput: r"forward returned \[.*\] instead of \[|missing; there is",
    values.ReturnsFloat64: r"float64, not float32",
    values.ReturnsLists: r"list, not numpy",
    values.ReturnsFortranOrder: r"not C-contiguous",
    values.DependsOnWidth: r"row \d with more padding.* instead of .*, off by .* of the output's scale",
    values.MixesRows: r"row \d .* instead of .*, off by .* of the output's scale",
    values.WritesIntoFeeds: r"wrote into '",
    values.ReusesItsBuffer: r"a later forward overwrote this|asked again",
    values.IsNotThreadSafe: r"\d threads",
    claims.GivesNoReason: r"stops at \d without a reason",
    claims.OverClaims: r"claims \d+ of \d+ modules",
    claims.ClaimsAnotherDevice: r"asked for cpu, claims gpu:7",
    claims.ClaimsHalfPrecision: r"arithmetic float16 on a CPU, where nobody asked for less",
    claims.ListsNoDevice: r"devices\(\) is empty; raise BackendUnavailable",
    sessions.IgnoresArithmetic: r"float32 was asked for, got float16",
    sessions.TakesAnyOption: r"were taken. Raise Unsupported for a key",
    sessions.TrustsWhatItKept: r"found damaged, and load raises .*unexpected bytes",
    sessions.ReadsOtherThanItKept: r"found again.* instead of",
}


@pytest.mark.parametrize("broken", TABLE, ids=lambda broken: broken.__name__)
def test_what_is_broken_is_one_line_that_says_it(broken, tmp_path):
    law = SABOTEURS.get(broken, "test_outputs_are_exact")
    with pytest.raises(LawBroken) as caught:
        run(law, broken(), tmp_path, MODELS.get(law, ("",)))
    said = str(caught.value)
    assert re.search(TABLE[broken], said), said
    assert len(said.splitlines()) == 1
    assert len(said) < 500


def test_what_claims_no_claim_is_told_once_a_law_and_in_one_line(tmp_path):
    (tmp_path / "loose.py").write_text(
        "from isomorph.testing.saboteurs import Honest\n"
        "class Loose(Honest):\n"
        "    def claim(self, model, device, asked=None):\n"
        "        return 3, 'because'\n"
    )
    (tmp_path / "loose_plugin.py").write_text(
        "from isomorph.contract import BackendInfo\n"
        "from isomorph.hookspecs import hookimpl\n"
        "@hookimpl\n"
        "def isomorph_backends():\n"
        "    return [BackendInfo('loose', 'loose:Loose')]\n"
    )
    meta = tmp_path / "loose-1.0.dist-info"
    meta.mkdir()
    (meta / "METADATA").write_text("Metadata-Version: 2.1\nName: loose\nVersion: 1.0\n")
    (meta / "entry_points.txt").write_text("[isomorph]\nloose = loose_plugin\n")
    env = {"PYTHONPATH": f"{tmp_path}:{os.environ.get('PYTHONPATH', '')}"}
    done = kit(tmp_path, "-k", "vacuous or bert-odd", name="loose", env=env)
    assert done.returncode == 1
    assert "cannot be asked for a claim: " in done.stdout
    assert "claim() gives a tuple in place of a Claim" in done.stdout
    assert "Traceback" not in done.stdout
    assert "AttributeError" not in done.stdout
