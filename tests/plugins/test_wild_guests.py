"""What no author means to write: exits, panics, answers of wrong types, results in odd memory."""

import numpy as np
import pytest

from isomorph import SentenceTransformer
from isomorph.errors import BackendFailed, BadModel, ContractError, PassedOver, PluginFailed
from isomorph.machine.afterwards import AFTERWARDS
from isomorph.plugins import discovery, table
from isomorph.plugins.commands import commands
from isomorph.plugins.decoders import offered
from isomorph.testing.models import write

from .guests import HOOK, guest

PANIC = "raise type('PanicException', (BaseException,), {})('called unwrap on None')"
ALL = "len(model.graph)"
TEXTS = ["a text", "some more words in a text", "three"] * 20


@pytest.fixture
def folder(tmp_path):
    return write("bert", tmp_path / "model")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"claim": "raise SystemExit(3)"}, "failed in claim on cpu: SystemExit: 3"),
        ({"claim": PANIC}, "PanicException: called unwrap on None"),
        ({"devices": "raise SystemExit('no licence')"}, "failed in devices: SystemExit: no licence"),
        ({"init": PANIC}, "Plugin 'wild'.*PanicException"),
        ({"claim": "yield Claim(device, 1)"}, "a generator in place of a Claim"),
        ({"claim": "import isomorph.errors as e; raise e.InputError('odd')"}, "odd"),
        ({"claim": "import isomorph.errors as e; raise e.BadModel('odd')"}, "odd"),
        ({"claim": f"return Claim(device, float({ALL}))"}, r"depth is 2\.0, no int"),
        ({"claim": "return Claim(device, True, reason='x')"}, "depth is True, no int"),
        ({"claim": f"return Claim(device, {ALL}, lanes='two')"}, "lanes is 'two', no int"),
        ({"claim": "return Claim(device, 1, reason=5)"}, "reason is 5, no str"),
        ({"claim": f"return Claim(device, {ALL}, batches={{}})"}, r"batches is \{\}, no Batches"),
        ({"claim": f"return Claim(device, {ALL}, max_shapes='x')"}, "max_shapes is 'x', no int"),
        ({"claim": f"return Claim(device, {ALL}, artifact='a.bin')"}, "artifact is 'a.bin', no Path"),
        ({"claim": f"return Claim(device, {ALL}, arithmetic=None)"}, "arithmetic is None, no str"),
    ],
)  # fmt: skip
def test_an_automatic_choice_goes_on_and_says_who_failed(site, found, folder, wrong, said):
    found(guest(site, "wild", **wrong))
    with pytest.warns(PassedOver, match=f"'wild' was passed over.*{said}"):
        model = SentenceTransformer(folder)
    assert model.report().backend != "wild"
    assert "wild" in dict(model.report().passed_over)


def test_a_refusal_of_the_file_that_the_user_names_is_the_answer(site, found, folder):
    (folder / "acme.bin").write_bytes(b"")
    found(guest(site, "wild", claim="import isomorph.errors as e; raise e.BadModel('acme.bin is')"))
    with pytest.raises(BadModel, match=r"acme\.bin is"):
        SentenceTransformer(folder, model_kwargs={"file_name": "acme.bin"})


@pytest.mark.parametrize(
    ("wrong", "error", "said"),
    [
        ({"load": "raise SystemExit(4)"}, BackendFailed, "failed in load on cpu: SystemExit: 4"),
        ({"load": PANIC}, BackendFailed, "failed in load on cpu: PanicException"),
        ({"forward": "raise SystemExit(4)"}, BackendFailed, "failed in forward on cpu: SystemExit"),
        ({"forward": PANIC}, BackendFailed, "failed in forward on cpu: PanicException"),
        ({"forward": "yield {}"}, ContractError, "forward returned a generator, no mapping"),
        (
            {"load": "s = Session(device=None); s.effective = {}; return s"},
            ContractError,
            "effective of its session is a dict in place of a SessionInfo",
        ),
        (
            {"load": "return Session('cpu')"},
            ContractError,
            "its session's device is 'cpu', no Device",
        ),
    ],
)
def test_a_named_backend_never_ends_the_program(site, found, folder, wrong, error, said):
    found(guest(site, "wild", **wrong))
    with pytest.raises(error, match=said) as caught:
        SentenceTransformer(folder, backend="wild").encode(TEXTS)
    assert "wild 1.0" in str(caught.value)


def test_an_interrupt_stays_one(site, found, folder):
    found(guest(site, "wild", claim="raise KeyboardInterrupt"))
    with pytest.raises(KeyboardInterrupt):
        SentenceTransformer(folder)


ROUND = """
from isomorph.testing.saboteurs import Honest
import numpy as np
class Guest(Honest):
    buffers = {{}}
    def after(self, session, feeds, results):
        {after}
    def close(self, session):
        super().close(session)
        {close}
"""
INTO_ONE_BUFFER = """for name, array in results.items():
            kept = self.buffers.setdefault(name, np.zeros(1 << 20, np.float32))
            kept[: array.size] = array.ravel()
            results[name] = kept[: array.size].reshape(array.shape)
        return results"""


def around(site, after="return results", close="pass"):
    code = ROUND.format(after=after, close=close)
    return site.offer("round", "'round', 'round_backend:Guest', priority=99", round_backend=code)


@pytest.mark.parametrize(
    "after",
    [
        INTO_ONE_BUFFER,
        "[array.setflags(write=False) for array in results.values()]; return results",
        "return {name: np.asfortranarray(array) for name, array in results.items()}",
        "return {n: np.repeat(array, 2, axis=-1)[..., ::2] for n, array in results.items()}",
        "return {name: np.ma.masked_array(array) for name, array in results.items()}",
    ],
)
@pytest.mark.parametrize("output", ["sentence_embedding", "token_embeddings"])
def test_results_in_odd_memory_are_the_same_numbers(site, found, folder, after, output):
    found(around(site, after))
    wanted = SentenceTransformer(folder, backend="reference").encode(TEXTS, output_value=output)
    model = SentenceTransformer(folder, backend="round")
    given = model.encode(TEXTS, output_value=output, batch_size=4)
    assert type(given) is type(wanted)
    for mine, theirs in zip(given, wanted, strict=True):
        np.testing.assert_allclose(np.asarray(mine), np.asarray(theirs), atol=1e-6)


def test_a_close_that_exits_is_told_and_later_ones_are_done(site, found, folder, monkeypatch):
    told = []
    monkeypatch.setattr("threading.excepthook", lambda hooked: told.append(hooked.exc_value))
    found(around(site, close="raise SystemExit(5)"))
    for _ in range(2):
        model = SentenceTransformer(folder, backend="round")
        model.encode("a text")
        model.close()
        model.close()
        assert AFTERWARDS.settle(5)
    assert [str(each)[:48] for each in told] == [
        "Backend 'round' (round 1.0) failed in close: Sys"
    ] * 2


GOOD_KIND = "ModuleKind(name='mirror', classes=('glass.Mirror',), read=print, lower=print)"
OFFERS = """
from isomorph.contract import BackendInfo, CommandInfo
from isomorph.hookspecs import Decoder, ModuleKind
"""


def offering(site, hook, body):
    return site.add("wild", OFFERS + HOOK.format(hook=hook, arguments="", body=body))


@pytest.mark.parametrize("form", ["yield {}", "return ({},)", "return {}"])
def test_records_come_in_any_form_that_can_be_listed(site, found, form):
    found(offering(site, "isomorph_modules", form.format(GOOD_KIND)))
    assert table.by_type("glass.Mirror").name == "mirror"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("return 5", "5, which is no list of"),
        ("return 'mirror'", "'mirror', which is no list of"),
        ("return {'a': 1}", "which is no list of"),
        ("return [5]", "5, which is no "),
        ("yield 5", "5, which is no "),
        ("raise SystemExit(2)", "SystemExit: 2"),
        (PANIC, "PanicException"),
        ("import isomorph.errors as e; raise e.Unsupported('no licence')", "no licence"),
        ("yield from (1 / 0 for _ in 'a')", "ZeroDivisionError"),
    ],
)
@pytest.mark.parametrize(
    ("hook", "ask"),
    [
        ("isomorph_modules", lambda plugins: table.classes()),
        ("isomorph_decoders", lambda plugins: offered(plugins.asker)),
        ("isomorph_commands", lambda plugins: commands()),
    ],
)
def test_a_hook_that_lists_nothing_usable_is_told_and_hurts_nobody(
    site, found, folder, hook, ask, body, said
):
    plugins = found(offering(site, hook, body))
    with pytest.warns(PassedOver, match=f"'wild' of wild 1.0 failed in {hook}.*{said}"):
        ask(plugins)
    SentenceTransformer(folder, backend="reference").encode("a text")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("return BackendInfo('one', 5)", "a BackendInfo whose target is 5, no str"),
        ("return [BackendInfo('one', 'a:B', priority='high')]", "priority is 'high', no int"),
        ("return [BackendInfo('one', 'a:B', requires='torch')]", "requires is 'torch', no tuple"),
        ("return [BackendInfo('one', 'a:B', options={'cores': 4})]", "no Mapping"),
        (PANIC, "PanicException"),
    ],
)
def test_a_backend_that_is_badly_described_is_a_failed_plugin(site, body, said):
    (failure,) = discovery.discover(offering(site, "isomorph_backends", body).entry_points()).failed
    with pytest.raises(PluginFailed, match=said):
        raise failure


@pytest.mark.parametrize("stated", ["0", "1.1", "True", "'2'", "None"])
def test_what_is_no_number_of_a_contract_is_refused(site, stated):
    code = f"isomorph_contract = {stated}\n" + HOOK.format(
        hook="isomorph_backends", arguments="", body="return []"
    )
    (failure,) = discovery.discover(site.add("wild", code).entry_points()).failed
    assert "is no number of a contract" in str(failure)


@pytest.mark.parametrize("stated", ["1", "2"])
def test_the_contract_before_is_served(site, stated):
    code = f"isomorph_contract = {stated}\n" + HOOK.format(
        hook="isomorph_backends", arguments="", body="return []"
    )
    assert discovery.discover(site.add("mine", code).entry_points()).failed == ()
