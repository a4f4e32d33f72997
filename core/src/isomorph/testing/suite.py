"""The conformance kit as a test class: one method a law, one test for each model it is asked about.

    class TestMine(BackendTests):
        @pytest.fixture
        def backend_name(self):
            return "mine"

`isomorph.testing.asked` says which models each law is asked about. What is tested follows from what
the backend claims; a model of which it claims nothing is skipped with the backend's reason. A
backend that cannot be tested fails: who names it wants it tested. With ``--isomorph-skip-absent`` it is
skipped, unless the environment variable `ISOMORPH_EXPECT` lists it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from importlib import metadata
from pathlib import Path
from typing import ClassVar, NoReturn

import pytest

from isomorph.contract import Device
from isomorph.errors import BackendError, ContractError
from isomorph.plugins.discovery import GROUP, installed
from isomorph.testing import (
    claim_laws,
    item_laws,
    memory_laws,
    session_laws,
    steady_laws,
    trouble_laws,
)
from isomorph.testing.asked import MODELS
from isomorph.testing.recipes import VARIED
from isomorph.testing.subject import Subject
from isomorph.testing.tiny_messages import messages
from isomorph.testing.tiny_sounds import sounds

EXPECT_VARIABLE = "ISOMORPH_EXPECT"
"""Environment variable: names, separated by commas, of backends that must not be skipped."""

SUBJECTS = pytest.StashKey[dict[tuple[str, str], Subject]]()
"""The backends that this run has tested, by name and device; the report is made from them."""


GAPS = pytest.StashKey[dict[str, str]]()
"""The expected failures of ``--isomorph-gaps``, test by test, each with its reason."""


PREPARE = pytest.StashKey[Callable[[Path], object]]()
"""What ``--isomorph-prepare`` names."""


TOLERANCE = pytest.StashKey[tuple[float, float]]()
"""What ``--isomorph-tolerance`` says: agreement with the reference, and repetition."""


def for_its_models(law: Callable[..., None]) -> Callable[..., None]:
    """One test for each model that a law is asked about."""
    each: Callable[..., None] = pytest.mark.parametrize("model_name", MODELS[law.__name__])(law)
    return each


def absent(request: pytest.FixtureRequest, backend_name: str, reason: object) -> NoReturn:
    """Fails for a named backend that cannot be tested, or skips where the run asks for that."""
    if request.config.getoption("isomorph_skip_absent", False):
        skip(backend_name, reason)
    pytest.fail(
        f"{backend_name!r} was named and cannot be tested: {reason}\nWith -p isomorph.testing.plugin "
        "--isomorph-skip-absent it is skipped instead.",
        pytrace=False,
    )


def skip(backend_name: str, reason: object) -> NoReturn:
    """Skips what an absent backend cannot be asked, or fails where it was expected."""
    if backend_name in os.environ.get(EXPECT_VARIABLE, "").split(","):
        pytest.fail(f"{EXPECT_VARIABLE} lists {backend_name!r}, but: {reason}")
    pytest.skip(str(reason))


class BackendTests:
    """The laws. A subclass provides the fixture `backend_name` and changes nothing else.

    `expected_failures` maps a test, ``"test_law"`` or ``"test_law[model]"``, to the reason why it
    fails; it then must fail. `tolerance` is (agreement with the reference, repetition) in units of
    an output's scale, for a number type that the kit does not know. `device` is one of the backend's
    own instead of its best. `arithmetic` is what all laws ask for, such as ``"bfloat16"``. `prepare` is a
    static method that gets the folder of each tiny model before anybody reads it: for an engine that runs
    compiled files alone, it writes them there.
    """

    expected_failures: ClassVar[Mapping[str, str]] = {}
    tolerance: ClassVar[tuple[float, float] | None] = None
    device: ClassVar[str | None] = None
    arithmetic: ClassVar[str | None] = None
    prepare: ClassVar[Callable[[Path], object] | None] = None

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        changed = overridden(cls)
        if changed:
            raise TypeError(
                f"{cls.__name__} changes {', '.join(changed)} of the kit. A law is never edited: "
                "let the test fail, and say why in 'expected_failures'."
            )

    @pytest.fixture(autouse=True)
    def _expected_failure(self, request: pytest.FixtureRequest) -> None:
        name = request.node.name
        stated: dict[str, str] = request.config.stash.setdefault(GAPS, {})
        gaps = {**stated, **self.expected_failures}
        for key in (name, name.partition("[")[0]):
            if key in gaps:
                reason = gaps[key]
                request.node.add_marker(pytest.mark.xfail(reason=reason, strict=True))

    @pytest.fixture
    def subject(
        self,
        backend_name: str,
        request: pytest.FixtureRequest,
        tmp_path_factory: pytest.TempPathFactory,
    ) -> Subject:
        """The backend on its device, made once a run."""
        known = request.config.stash.setdefault(SUBJECTS, {})
        wanted = request.config.getoption("isomorph_device", None) or self.device
        arithmetic = request.config.getoption("isomorph_arithmetic", None) or self.arithmetic
        key = backend_name, f"{wanted or ''} {arithmetic or ''}"
        if key not in known:
            try:
                info = installed().info(backend_name)
                backend = installed().backend(backend_name)
                found = backend.devices()
                if not found:
                    absent(request, backend_name, "devices() is empty")
                device = Device.parse(wanted) if wanted else found[0]
            except (BackendError, ContractError) as reason:
                absent(request, backend_name, reason)
            folder = tmp_path_factory.mktemp(backend_name)
            prepare = request.config.stash.get(PREPARE, None) or type(self).prepare
            tolerance = request.config.stash.get(TOLERANCE, None) or self.tolerance
            known[key] = Subject(
                info,
                backend,
                device,
                folder,
                tolerance,
                prepare=prepare,
                arithmetic=arithmetic,
            )
            request.config.add_cleanup(known[key].close)
        try:
            known[key].claim(VARIED[0])
        except (BackendError, ContractError) as reason:  # every law would tell the same
            pytest.fail(f"{backend_name!r} cannot be asked for a claim: {reason}", pytrace=False)
        return known[key]

    @pytest.fixture
    def claimed(self, subject: Subject, model_name: str) -> Subject:
        """The subject, for laws about sessions: only where it claims at least one module."""
        claim = subject.claim(model_name)
        if not claim.depth:
            pytest.skip(f"{model_name} is not claimed: {claim.reason}")
        return subject

    def test_kit_is_untouched(self) -> None:
        """No law was edited or removed, and every expected failure names a test that exists."""
        assert not overridden(type(self))
        laws = {name for name in dir(BackendTests) if name.startswith("test_")}
        known = laws | {f"{law}[{model}]" for law in MODELS for model in MODELS[law]}
        assert set(self.expected_failures) <= known
        assert all(self.expected_failures.values()), "an expected failure needs its reason"

    def test_import_is_quiet(self, backend_name: str, request: pytest.FixtureRequest) -> None:
        """Importing the plugin, in a fresh process, imports no engine and changes no setting."""
        try:
            info = installed().info(backend_name)
        except BackendError as reason:
            absent(request, backend_name, reason)
        engines = {name for other in installed().infos for name in other.requires}
        modules = [
            entry.value
            for entry in metadata.entry_points(group=GROUP)
            if entry.dist and f"{entry.dist.name} {entry.dist.version}" == info.distribution
        ]
        assert modules, f"no entry point of {info.distribution} in the group {GROUP!r}"
        claim_laws.quiet(modules, engines)

    def test_devices(self, backend_name: str, request: pytest.FixtureRequest) -> None:
        """There are devices, or a reason and an install command."""
        try:
            claim_laws.devices(lambda: installed().backend(backend_name))
        except BackendError as reason:
            absent(request, backend_name, reason)

    @for_its_models
    def test_claim_is_honest(self, subject: Subject, model_name: str) -> None:
        """Depth, device, lanes and number types are possible, and every stop has its reason."""
        claim_laws.honest_claim(subject, model_name)

    @for_its_models
    def test_claim_is_pure(self, subject: Subject, model_name: str) -> None:
        """The same question gets the same answer."""
        claim_laws.pure_claim(subject, model_name)

    @for_its_models
    def test_claim_is_monotone(self, subject: Subject, model_name: str) -> None:
        """A prefix of the model is claimed as far as the model itself."""
        claim_laws.monotone_claim(subject, model_name)

    @for_its_models
    def test_claim_reads_no_weights(
        self, subject: Subject, model_name: str, tmp_path: Path
    ) -> None:
        """Weight files may as well be empty while claiming."""
        claim_laws.claim_reads_no_weights(subject, model_name, tmp_path)

    def test_claims_are_not_vacuous(self, subject: Subject) -> None:
        """Something is claimed, so that something is tested."""
        claim_laws.not_vacuous(subject)

    @for_its_models
    def test_numbers_agree(self, claimed: Subject, model_name: str) -> None:
        """All that is claimed has the reference's numbers, and so has the whole plan."""
        session_laws.numbers_agree(claimed, model_name)

    @for_its_models
    def test_every_cut_agrees(self, claimed: Subject, model_name: str) -> None:
        """Wherever the model is cut, the numbers are the reference's."""
        session_laws.every_cut_agrees(claimed, model_name)

    @for_its_models
    def test_outputs_are_exact(self, claimed: Subject, model_name: str) -> None:
        """Promised names, float32, C-contiguous, numpy."""
        session_laws.exact_outputs(claimed, model_name)

    @for_its_models
    def test_widths_are_told(self, claimed: Subject, model_name: str) -> None:
        """Every value has as many features as the kinds of the modules say."""
        session_laws.widths_are_told(claimed, model_name)

    @for_its_models
    def test_rows_are_independent(self, claimed: Subject, model_name: str) -> None:
        """Padding, order and neighbours do not change a row."""
        session_laws.rows_are_independent(claimed, model_name)

    @pytest.mark.parametrize("sound_model", sounds())
    def test_sounds_are_independent(
        self, subject: Subject, sound_model: str, tmp_path: Path
    ) -> None:
        """A sound in a batch has the numbers that the reference gives that sound alone."""
        reason = item_laws.sounds_are_independent(subject, sound_model, tmp_path)
        if reason:
            pytest.skip(f"{sound_model} is not claimed: {reason}")

    @pytest.mark.parametrize("message_model", messages())
    def test_messages_are_independent(
        self, subject: Subject, message_model: str, tmp_path: Path
    ) -> None:
        """A message in a batch has the numbers that the reference gives it alone, whoever has images."""
        reason = item_laws.messages_are_independent(subject, message_model, tmp_path)
        if reason:
            pytest.skip(f"{message_model} is not claimed: {reason}")

    @for_its_models
    def test_rows_are_steady(self, claimed: Subject, model_name: str) -> None:
        """Where the claim says so, a row has the same bits at every place and beside any neighbours."""
        steady_laws.rows_are_steady(claimed, model_name)

    @for_its_models
    def test_threads_change_no_bit(self, claimed: Subject, model_name: str) -> None:
        """Where the claim says so, more threads give a row the same bits."""
        steady_laws.threads_change_no_bit(claimed, model_name)

    @for_its_models
    def test_feeds_are_untouched(self, claimed: Subject, model_name: str) -> None:
        """Nobody writes into what was passed."""
        session_laws.feeds_are_untouched(claimed, model_name)

    @for_its_models
    def test_sessions_are_reusable(self, claimed: Subject, model_name: str) -> None:
        """Calls of any shape follow each other and do not share memory."""
        session_laws.reusable(claimed, model_name)

    @for_its_models
    def test_threads_agree(self, claimed: Subject, model_name: str) -> None:
        """As many threads as lanes get what one thread gets."""
        session_laws.threads_agree(claimed, model_name)

    @for_its_models
    def test_effective_is_honest(self, claimed: Subject, model_name: str) -> None:
        """The session runs where and as it was claimed."""
        session_laws.effective_is_honest(claimed, model_name)

    @for_its_models
    def test_arithmetic_is_honoured(self, claimed: Subject, model_name: str) -> None:
        """Each number type is given where it is asked for, or refused with a reason."""
        session_laws.arithmetic_is_honoured(claimed, model_name)

    @for_its_models
    def test_what_is_kept_is_the_same(
        self, claimed: Subject, model_name: str, tmp_path: Path
    ) -> None:
        """What is found compiled gives the same values, and what is damaged is compiled anew."""
        session_laws.kept_is_the_same(claimed, model_name, tmp_path)

    @for_its_models
    def test_unknown_options_are_refused(self, claimed: Subject, model_name: str) -> None:
        """A misspelt key of ``model_kwargs`` is an error that names the key."""
        session_laws.unknown_options_are_refused(claimed, model_name)

    @for_its_models
    def test_saving_round_trips(self, claimed: Subject, model_name: str, tmp_path: Path) -> None:
        """A saved folder claims as much and gives the same values."""
        session_laws.save_round_trip(claimed, model_name, tmp_path)

    @for_its_models
    def test_failed_loads_say_why(self, claimed: Subject, model_name: str, tmp_path: Path) -> None:
        """Errors of isomorph alone leave a load that fails, and a later load is none the worse."""
        trouble_laws.failed_loads_say_why(claimed, model_name, tmp_path)

    @for_its_models
    def test_memory_does_not_grow(self, claimed: Subject, model_name: str) -> None:
        """Forwards keep neither their feeds nor their results."""
        memory_laws.memory_does_not_grow(claimed, model_name)

    @for_its_models
    def test_neighbours_are_independent(self, claimed: Subject, model_name: str) -> None:
        """A session loaded beside another one agrees with it, and outlives it."""
        session_laws.neighbours_are_independent(claimed, model_name)

    @for_its_models
    def test_sessions_close(self, claimed: Subject, model_name: str) -> None:
        """forward raises after close, and closing twice is no error."""
        session_laws.closes(claimed, model_name)


def overridden(cls: type) -> list[str]:
    """The laws that a class does not take over as they are."""
    laws = [name for name in vars(BackendTests) if name.startswith("test_")]
    return [law for law in laws if getattr(cls, law, None) is not vars(BackendTests)[law]]


class TestInstalledBackend(BackendTests):
    """The laws on the backend that ``--isomorph-backend`` names; see `isomorph.testing.plugin`."""

    @pytest.fixture
    def backend_name(self, request: pytest.FixtureRequest) -> str:
        """The name from the command line."""
        name: str | None = request.config.getoption("isomorph_backend", None)
        if name is None:
            pytest.fail("Say which backend: -p isomorph.testing.plugin --isomorph-backend NAME")
        return name
