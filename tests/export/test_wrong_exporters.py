"""Whatever an exporter gets wrong, no folder appears."""

import copy

import pytest

from isomorph.errors import ExportFailed
from isomorph.export import export_model
from isomorph.plugins.discovery import Plugins

nn = pytest.importorskip("torch.nn")


class Changed(nn.Module):
    """The chain, with its last results changed."""

    def __init__(self, chain, change):
        super().__init__()
        self.chain, self.change = chain, change

    def forward(self, values):
        results = self.chain(values)
        return {**results, "sentence_embedding": self.change(results["sentence_embedding"])}


def without_a_weight(chain):
    poorer = copy.deepcopy(chain)
    weights = [p for p in poorer.parameters() if p.dim() == 1]
    weights[-1].data.zero_()
    return poorer


def not_a_number(chain):
    return Changed(chain, lambda x: x.masked_fill(x >= x.amax(1, keepdim=True), float("nan")))


def one_row_at_a_time(chain):
    return Changed(chain, lambda x: x[:1])


def untraceable(chain):
    return Changed(chain, lambda x: x if x.sum().item() > 0 else -x)


MUTANTS = {
    without_a_weight: r"probe '.*' at \d+ tokens, .*'sentence_embedding' differs by",
    not_a_number: "not finite|does not run",
    one_row_at_a_time: "shape|does not run",
    untraceable: "raised",
}


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.__name__)
def test_a_wrong_exporter_publishes_nothing(backend, glowworm, tmp_path, mutate, mutant):
    mutate(backend, mutant)
    with pytest.raises(ExportFailed, match=MUTANTS[mutant]) as caught:
        export_model(glowworm, backend, tmp_path / "made")
    assert backend in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_an_exporter_that_writes_nothing_is_refused(backend, glowworm, tmp_path, monkeypatch):
    monkeypatch.setattr(Plugins, "exporter", lambda *_: lambda *_: None)
    with pytest.raises(ExportFailed, match="wrote no artifact"):
        export_model(glowworm, backend, tmp_path / "made")
    assert list(tmp_path.iterdir()) == []
