"""How far a call is: texts are counted, and what is left of the time goes by what they cost."""

from __future__ import annotations

import numpy as np
import pytest

from isomorph import SentenceTransformer
from isomorph.progress.bar import TextBar, pace
from isomorph.progress.progress import listening, progress

UNEVEN = ["short"] * 3 + [f"{'a long text of many words ' * 20}{i}" for i in range(4)] + ["a", "b"]


def after(seconds, total, texts, done, before=(0, 0)):
    """What a bar says so many seconds after it began."""
    with TextBar(total, texts, before=before, disable=False) as bar:
        bar.start_t -= seconds
        bar.advance(*done)
        return str(bar)


def test_time_left_and_pace_go_by_cost_and_not_by_texts():
    said = after(10, total=1000, texts=100, done=(20, 500, 50))
    assert " 50%|" in said
    assert "20/100 [00:10<00:10, 5.0 texts/s]" in said


def test_what_was_done_before_counts_as_done_and_not_as_pace():
    said = after(10, total=1000, texts=None, done=(25, 250, 25), before=(500, 50))
    assert " 75%|" in said
    assert " 75 [00:10<00:10, 2.5 texts/s]" in said


def test_of_an_unknown_number_there_is_a_pace_and_no_end():
    assert "40 [00:10, 4.0 texts/s]" in after(10, total=None, texts=None, done=(40, 0, 40))


def test_rounding_does_not_go_beyond_the_end():
    with TextBar(0.3, 2) as bar:
        bar.advance(1, 0.1, 1)
        bar.advance(1, 0.2, 1)  # 0.30000000000000004 in all
        assert bar.n == bar.total
        assert "100%" in str(bar)


def test_slow_models_have_seconds_a_text():
    assert pace(2, 5.0) == "2.5 s/text"
    assert pace(0, 5.0) == "? texts/s"


@pytest.fixture
def heard():
    return []


def test_a_call_tells_of_every_input_once_and_of_long_texts_more(backend, folder, heard):
    with SentenceTransformer(folder, backend=backend) as model:
        with listening(lambda texts, share: heard.append((texts, share))):
            model.encode(UNEVEN, batch_size=2, on_long="report")
        told = list(heard)
        model.encode(UNEVEN, on_long="report")
    assert heard == told, "a call outside of it is not told of"
    assert sum(texts for texts, _ in told) == len(UNEVEN)
    np.testing.assert_allclose(sum(share for _, share in told), 1)
    largest = max(told, key=lambda one: one[1] / one[0])
    assert largest[1] / largest[0] > 1.5 / len(UNEVEN)


def test_windows_are_numbered_through():
    shares = []
    items = ["a" * size for size in (10, 20, 30, 40)]
    with (
        listening(lambda texts, share: shares.append((texts, round(share, 4)))),
        progress(items, shown=False, counts=[1, 3, 1, 1], cost=len) as advance,
    ):
        advance(0, [1, 0])
        advance(2, [1])
    assert shares == [
        (4, 0.3),
        (1, 0.4),
    ]


def test_streams_show_a_count_and_a_pace(backend, folder, capsys):
    with SentenceTransformer(folder, backend=backend) as model:
        assert len(list(model.encode_iter(["a", "b", "c"], show_progress_bar=True))) == 3
    assert "Texts: 3 [" in capsys.readouterr().err


def test_rows_that_go_elsewhere_are_counted_too(backend, folder, capsys):
    with SentenceTransformer(folder, backend=backend) as model:
        out = np.empty((3, model.get_embedding_dimension()), np.float32)
        model.encode(["a", "b", "c"], out=out, show_progress_bar=True)
    assert "3/3 [" in capsys.readouterr().err
