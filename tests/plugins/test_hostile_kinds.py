"""Kinds of modules that fail, lie about their results, or answer what nobody can use."""

import json

import numpy as np
import pytest

from isomorph import SentenceTransformer
from isomorph.errors import PassedOver, PluginFailed
from isomorph.plugins.reading import read_model
from isomorph.runtime import selection
from isomorph.testing.models import write

KIND = """
import numpy as np
from isomorph.contract import Module
from isomorph.hookspecs import ModuleKind, hookimpl
from isomorph.program import ops

VALUE = ("sentence_embedding",)

def read(source):
    {read}

def lower(module, weights, values):
    x = values["sentence_embedding"]
    {lower}

def kernel(module, weights, values):
    x = values["sentence_embedding"]
    {kernel}

@hookimpl
def isomorph_modules():
    return [ModuleKind(name="mirror", classes=("glass.Mirror",), read=read, {how})]
"""
RIGHT = {
    "read": "return Module('mirror', source.name, folder=source.path, inputs=VALUE, outputs=VALUE)",
    "lower": "return {VALUE[0]: ops.concat([x, x * -1.0], axis=1)}",
    "kernel": "return {VALUE[0]: np.concatenate([x, -x], 1)}",
}
LOWERED, BY_KERNEL = "lower=lower", "kernel=kernel"
TEXTS = ["a text", "some more words in a text", "three"]


@pytest.fixture
def folder(tmp_path):
    folder = write("bert", tmp_path / "model")
    entries = json.loads((folder / "modules.json").read_text("utf-8"))
    entries.append({"idx": 2, "name": "2", "path": "2_Mirror", "type": "glass.Mirror"})
    (folder / "modules.json").write_text(json.dumps(entries), "utf-8")
    (folder / "2_Mirror").mkdir()
    return folder


@pytest.fixture
def mirror(site, found):
    """Installs the kind, right but for what is said."""

    def made(how=LOWERED, **wrong):
        return found(site.add("glass", KIND.format(how=how, **{**RIGHT, **wrong})))

    return made


@pytest.mark.parametrize("how", [LOWERED, BY_KERNEL, f"{LOWERED}, {BY_KERNEL}"])
def test_the_kind_that_is_right_passes_the_door(mirror, folder, tmp_path, how):
    mirror(how)
    model = SentenceTransformer(folder)
    rows = model.encode(TEXTS)
    assert rows.shape == (3, 64)
    assert model.get_embedding_dimension() == 64
    np.testing.assert_array_equal(rows[:, :32], -rows[:, 32:])
    model.save(tmp_path / "saved")
    np.testing.assert_allclose(SentenceTransformer(tmp_path / "saved").encode(TEXTS), rows)


MODULE = "return Module({}, {}, inputs={}, outputs=VALUE)"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"read": "raise RuntimeError('no licence')"}, "read .*RuntimeError: no licence"),
        ({"read": "raise KeyError('scale')"}, "read of .* for module '2': KeyError: 'scale'"),
        ({"read": "raise SystemExit(3)"}, "read .*SystemExit: 3"),
        ({"read": "return None"}, "read .*None, which is no Module"),
        ({"read": "yield 1"}, "read .*generator object .*, which is no Module"),
        ({"read": MODULE.format("'pooling'", "source.name", "VALUE")}, "of the kind 'pooling'"),
        ({"read": MODULE.format("'mirror'", "'0'", "VALUE")}, "a Module named '0', not '2'"),
        (
            {"read": MODULE.format("'mirror'", "source.name", "VALUE[0]")},
            "inputs are 'sentence_embedding', no tuple of str",
        ),
        ({"lower": "raise KeyError('softcap')"}, "lower .*KeyError: 'softcap'"),
        ({"lower": "raise SystemExit(3)"}, "lower .*SystemExit: 3"),
        ({"lower": "return None"}, "lower .*None, which is no mapping"),
        ({"lower": "return {'other': x}"}, r"\['other'\] without the output 'sentence_embedding'"),
        ({"lower": "return {VALUE[0]: 5}"}, "5 for 'sentence_embedding', which is no Ref"),
        ({"lower": "values['x'] = x; return values"}, "lower .*item assignment"),
        ({"how": f"{LOWERED}, width=lambda m, w: 1 / 0"}, "width .*ZeroDivisionError"),
        ({"how": f"{LOWERED}, width=lambda m, w: 64.0"}, r"width .*64\.0, which is no number"),
        ({"how": f"{LOWERED}, width=lambda m, w: 5"}, "width .*5, and lower computes 64"),
    ],
)
def test_a_kind_that_fails_is_told_with_its_plugin_and_no_other_model_notices(
    mirror, folder, tmp_path, wrong, said
):
    mirror(**wrong)
    with pytest.raises(PluginFailed, match=f"Plugin 'glass' of glass 1.0 failed in .*{said}"):
        SentenceTransformer(folder)
    read_model(write("bert", tmp_path / "other"))


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("raise KeyError('softcap')", "KeyError: 'softcap'"),
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("return None", "None, which is no mapping"),
        ("return {VALUE[0]: x[:1]}", r"in the shape \(1, 32\), not \(3, features\)"),
        ("return {VALUE[0]: x[0]}", r"in the shape \(32,\), not \(3, features\)"),
        ("return {VALUE[0]: x.tolist()}", "which is no array"),
        ("return {VALUE[0]: x.astype(int)}", "as int64, not as float32"),
        ("x *= 2; return {VALUE[0]: x}", "read-only"),
    ],
)
def test_a_kernel_that_fails_or_drops_rows_is_told_with_its_plugin(mirror, folder, body, said):
    mirror(BY_KERNEL, kernel=body)
    model = SentenceTransformer(folder)
    with pytest.raises(PluginFailed, match=f"Plugin 'glass' of glass 1.0 failed in kernel.*{said}"):
        model.encode(TEXTS)


def test_a_kernel_that_computes_in_double_precision_gives_float32(mirror, folder):
    mirror(BY_KERNEL, kernel="return {VALUE[0]: np.concatenate([x, -x], 1).astype(float)}")
    assert SentenceTransformer(folder).encode(TEXTS).dtype == np.float32


@pytest.mark.parametrize(
    ("record", "said"),
    [
        ("name='m', classes=None, read=read, lower=lower", "classes is None, no tuple"),
        ("name='m', classes='glass.Mirror', read=read, lower=lower", "'glass.Mirror', no tuple"),
        ("name='m', classes=(5,), read=read, lower=lower", "classes is .5,., no tuple"),
        ("name='m', classes=(), read=read, lower=lower", "has no name or no class"),
        ("name=[], classes=('a.B',), read=read, lower=lower", "name is .., no str"),
        ("name='m', classes=('a.B',), read=5, lower=lower", "read is 5, no Callable"),
        ("name='m', classes=('a.B',), read=read, lower=5", "lower is 5, no Lowering"),
        ("name='m', classes=('a.B',), read=read, lower=lower, width=5", "width is 5, no Width"),
        ("name='m', classes=('a.B',), read=read", "neither lower nor kernel"),
    ],
)
def test_a_record_that_says_nothing_usable_hurts_nobody(site, found, tmp_path, record, said):
    code = KIND.format(how="", **RIGHT)
    start = code.index("[ModuleKind(")
    found(site.add("glass", f"{code[:start]}[ModuleKind({record})]\n"))
    with pytest.warns(PassedOver, match=f"'glass' of glass 1.0 failed in isomorph_modules.*{said}"):
        model = read_model(write("bert", tmp_path))
    assert selection.choose(model, "reference").claim.depth == 2


@pytest.mark.parametrize(
    ("hook", "record"),
    [
        ("isomorph_decoders", "Decoder(['image'], callable, callable)"),
        ("isomorph_decoders", "Decoder('image', callable, None)"),
        ("isomorph_commands", "CommandInfo(5, 'a:b')"),
        ("isomorph_commands", "CommandInfo('a', None)"),
    ],
)
def test_records_of_other_types_are_told_whoever_offers_them(site, found, hook, record):
    code = (
        "from isomorph.contract import CommandInfo\n"
        "from isomorph.hookspecs import Decoder, hookimpl\n"
        f"@hookimpl\ndef {hook}(): return [{record}]\n"
    )
    plugins = found(site.add("wild", code))
    from isomorph.plugins.commands import commands
    from isomorph.plugins.decoders import offered

    with pytest.warns(PassedOver, match=f"'wild' of wild 1.0 failed in {hook}.* is .*, no "):
        offered(plugins.asker) if "decoders" in hook else commands()
