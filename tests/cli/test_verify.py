import shutil
from importlib import metadata
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file
from tests.parity.tower_models import build

from isomorph.contract import BackendInfo, Claim
from isomorph.errors import BackendUnavailable
from isomorph.export.verify import largest_difference, verify
from isomorph.hookspecs import hookimpl
from isomorph.plugins import discovery as plugins
from isomorph.reference.backend import ReferenceBackend


class Same(ReferenceBackend):
    pass


class Off(ReferenceBackend):
    """Wrong by a thousandth in one component."""

    def load(self, model, claim, options):
        session = super().load(model, claim, options)
        honest = session.forward

        def forward(values):
            results = {name: array.copy() for name, array in honest(values).items()}
            for array in results.values():
                array[(0,) * array.ndim] += 1e-3 * np.abs(array).max()
            return results

        session.forward = forward
        return session


class NotANumber(Off):
    def load(self, model, claim, options):
        session = ReferenceBackend.load(self, model, claim, options)
        honest = session.forward
        session.forward = lambda values: {
            name: np.full_like(array, np.nan) for name, array in honest(values).items()
        }
        return session


class Raises(ReferenceBackend):
    def load(self, model, claim, options):
        raise RuntimeError("the engine has gone")


class Absent(ReferenceBackend):
    def devices(self):
        raise BackendUnavailable("absent", "no driver")


class Idle(ReferenceBackend):
    def claim(self, model, device):
        return Claim(device, 0, reason="it is resting")


@hookimpl
def isomorph_backends():
    kinds = (Same, Off, NotANumber, Raises, Absent, Idle)
    return [BackendInfo(kind.__name__.lower(), f"{__name__}:{kind.__name__}") for kind in kinds]


@pytest.fixture
def offered(install):
    """The backends of these names and the reference."""

    def settle(*names):
        class Plugin:
            @hookimpl
            def isomorph_backends(self):
                return [info for info in isomorph_backends() if info.name in names]

        class Entry:
            name, group, dist = "test", plugins.GROUP, None

            def load(self):
                return Plugin()

        return install(Entry())

    return settle


def test_every_kind_of_verdict(tiny, offered):
    found = offered("same", "off", "notanumber", "raises", "absent", "idle")
    verdicts = {verdict.backend: verdict for verdict in verify(tiny, plugins=found)}
    assert {name: verdict.outcome for name, verdict in verdicts.items()} == {
        "same": "same",
        "off": "differs",
        "notanumber": "differs",
        "raises": "failed",
        "absent": "unavailable",
        "idle": "nothing native",
    }
    assert verdicts["same"].difference == 0
    assert verdicts["off"].difference == pytest.approx(1e-3, rel=0.5)
    assert verdicts["notanumber"].difference == float("inf")
    assert (
        verdicts["notanumber"].reason
        == "its numbers are not finite, and those of the reference are"
    )
    assert "the engine has gone" in verdicts["raises"].reason
    assert verdicts["idle"].reason == "it is resting"
    assert (verdicts["same"].native, verdicts["same"].modules) == (2, 2)


def test_weights_that_are_not_finite_are_told(tiny, tmp_path, offered):
    folder = Path(shutil.copytree(tiny, tmp_path / "spoilt"))
    tensors = load_file(folder / "model.safetensors")
    save_file(
        {name: t * np.float32("nan") for name, t in tensors.items()}, folder / "model.safetensors"
    )
    (verdict,) = verify(folder, plugins=offered("same"))
    assert (verdict.outcome, verdict.wrong) == ("differs", True)
    assert "the reference's own numbers are not finite" in verdict.reason


def test_a_wrong_backend_fails_the_command(isomorph, tiny, offered):
    offered("same", "off")
    done = isomorph("verify", tiny)
    assert done.exit_code == 1
    assert "differs" in done.output


def test_the_tolerance_is_the_users(isomorph, tiny, offered):
    offered("off")
    assert isomorph("verify", tiny, "--tolerance", "0.01").exit_code == 0


def test_an_absent_engine_fails_only_where_it_is_required(isomorph, tiny, offered):
    offered("same", "absent")
    done = isomorph("verify", tiny)
    assert done.exit_code == 0
    assert "no driver" in done.output
    assert isomorph("verify", tiny, "--require", "absent").exit_code == 1
    assert isomorph("verify", tiny, "--require", "same").exit_code == 0
    assert isomorph("verify", tiny, "--require", "nobody").exit_code == 2


def test_a_broken_plugin_is_a_verdict(tiny, install):
    broken = metadata.EntryPoint("broken", "isomorph.no_such_module", plugins.GROUP)
    (verdict,) = verify(tiny, plugins=install(broken))
    assert verdict.wrong
    assert "no_such_module" in verdict.reason


def test_installed_backends_agree_on_a_tiny_model(tiny):
    for verdict in verify(tiny):
        if verdict.outcome not in ("unavailable", "nothing native"):
            assert verdict.difference is not None, verdict
            assert verdict.difference < 1e-5, verdict


@pytest.mark.parametrize(
    ("found", "expected", "gap"),
    [
        ([[1.0, 2.0]], [[1.0, 4.0]], 0.5),
        ([[0.5]], [[0.0]], 0.5),
        ([], [], 0.0),
        ([[1.0]], [[1.0], [2.0]], float("inf")),
        ([[1.0]], [[1.0, 2.0]], float("inf")),
        ([[float("nan")], [0.0]], [[1.0], [0.0]], float("inf")),
    ],
)
def test_the_largest_difference_is_in_units_of_the_largest_component(found, expected, gap):
    arrays = [[np.array(row, np.float32) for row in rows] for rows in (found, expected)]
    assert largest_difference(*arrays) == gap


def test_every_chain_of_a_model_of_several_modalities_is_judged(isomorph, tmp_path):
    folder = build("clip", tmp_path / "clip")
    verdicts = verify(folder)
    backends = {verdict.backend for verdict in verdicts}
    assert {(v.backend, v.chain) for v in verdicts} == {
        (backend, chain) for backend in backends for chain in ("text", "image")
    }
    assert not any(verdict.wrong for verdict in verdicts)
    done = isomorph("verify", folder)
    assert "image" in done.stdout
    assert done.exit_code == 0
