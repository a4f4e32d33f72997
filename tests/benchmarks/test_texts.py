from types import SimpleNamespace

import pytest

from isomorph.errors import InputError
from isomorph_bench.tasks import rerank
from isomorph_bench.tasks.named import TASKS
from isomorph_bench.workloads.facts import facts, fingerprint, histogram
from isomorph_bench.workloads.sources import Sources
from isomorph_bench.workloads.suites import BATCHES, DEFAULT, LENGTHS, TEXTS, chosen, with_
from isomorph_bench.workloads.texts import BOUNDS, WORDS, long_texts, mixed_texts, short_texts
from isomorph_bench.workloads.workload import Workload, quick


def test_half_of_the_mixed_texts_are_short_and_a_quarter_long():
    texts = mixed_texts(64)
    assert sum(len(text) < BOUNDS[0] for text in texts) == 32
    assert sum(len(text) >= BOUNDS[1] for text in texts) == 16
    assert fingerprint(texts) != fingerprint(texts[1:])


def test_long_texts_are_long():
    assert min(map(len, long_texts(48))) >= BOUNDS[1]


@pytest.mark.parametrize(
    "workload",
    [one for one in (*TEXTS, *LENGTHS, *BATCHES) if one.source != "file"],
    ids=lambda one: one.name,
)
def test_the_texts_of_a_workload_are_distinct_and_the_same_every_time(workload):
    texts = Sources().take(workload.source, workload.count, workload.text_tokens)
    assert len(set(texts)) == workload.count
    assert texts == Sources().take(workload.source, workload.count, workload.text_tokens)


@pytest.mark.parametrize("task", TASKS.values(), ids=lambda task: task.name)
def test_a_task_has_as_many_items_as_its_workloads_say(task):
    sources = Sources(short_texts(1700), [f"{place}.jpg" for place in range(96)])
    for one in task.known:
        taken = sources.take(one.source, one.count * task.takes(one.alone), one.text_tokens)
        found = task.items(taken, one.alone)
        assert len(found) == min(one.count, len(taken) // task.takes(one.alone)), one.name


def test_a_query_has_a_hundred_documents_and_a_pair_one():
    texts = [str(number) for number in range(202)]
    first, second = rerank.items(texts, alone=True)
    assert first == ["0", texts[1:101]]
    assert second == ["101", texts[102:]]
    assert rerank.items(texts, alone=False)[:2] == [["0", "1"], ["2", "3"]]


def test_workloads_are_chosen_by_name_and_a_sweep_is_several():
    assert chosen([], TEXTS, DEFAULT) == DEFAULT
    assert [one.name for one in chosen(["short", "one"], TEXTS, DEFAULT)] == ["short", "one"]
    assert chosen(["lengths"], TEXTS, DEFAULT) == LENGTHS
    with pytest.raises(InputError, match="no workload 'slow' here; there are: start, "):
        chosen(["slow"], TEXTS, DEFAULT)


def test_other_numbers_are_taken_where_they_mean_something():
    changed = {one.name: one for one in with_(TEXTS, rounds=9, callers=3, seconds=7.0)}
    assert changed["mixed"].rounds == 9
    assert (changed["callers"].callers, changed["one"].callers) == (3, 1)
    assert (changed["soak"].seconds, changed["soak"].rounds) == (7.0, 1)
    assert with_(TEXTS) == TEXTS


def test_fewer_items_shorten_workloads_and_leave_out_calls_of_more():
    fewer = {one.name: one for one in with_((*TEXTS, *BATCHES, *LENGTHS), items=64)}
    assert (fewer["mixed"].count, fewer["start"].count) == (64, 1)
    assert [name for name in fewer if name.startswith("batch")] == [
        "batch 1",
        "batch 8",
        "batch 64",
    ]
    assert {one.name for one in LENGTHS} <= set(fewer)


def test_the_quick_suite_is_smaller():
    small = quick(DEFAULT)
    assert sum(one.rounds * one.count for one in small) < sum(one.count for one in DEFAULT)
    assert [one.name for one in small] == [one.name for one in DEFAULT]


def test_the_users_file_is_needed_and_repeats_nothing():
    with pytest.raises(InputError, match="--texts FILE"):
        Sources().take("file", 10)
    assert Sources(["a", "b", "a"]).take("file", 10) == ["a", "b"]
    with pytest.raises(InputError, match="1 photos of 2"):
        Sources(photos=["a.jpg"]).take("arrays", 2)
    assert Sources(photos=["a.jpg"]).take("arrays", 1) == ["array:a.jpg"]


class Counting:
    """A model that takes 5 tokens at most, a letter each; of a pair the letters of both."""

    max_seq_length = 5

    class tokenizer:  # noqa: N801
        @staticmethod
        def encode_batch_fast(texts):
            return ["".join(text) for text in texts]

    def __loaded__(self):
        graph = SimpleNamespace(modules=[SimpleNamespace(config={})])
        return SimpleNamespace(model=SimpleNamespace(graph=graph))


def test_tokens_are_counted_where_the_model_cuts_and_of_each_pair():
    made = Workload("file", "pass", 1, "file", 2)
    assert facts(made, ["abc", "abcdefgh"], Counting())["tokens"] == 8
    assert facts(made, [["ab", "c"]], Counting())["tokens"] == 3
    asked = facts(made, [["ab", ["c", "defgh"]]], Counting())
    assert (asked["tokens"], asked["items"], asked["lengths"]) == (8, 1, {"4": 1, "8": 1})
    assert "flops" not in asked


def test_photos_have_no_tokens_and_the_same_hash_in_every_folder():
    one = Workload("from files", "pass", 1, "photos", 1)
    first, second = (facts(one, [f"{place}/0.jpg"], Counting()) for place in ("a", "b"))
    assert first == second
    assert "tokens" not in first


def test_a_histogram_has_bounds_that_double():
    assert histogram([1, 2, 3, 4, 5, 200]) == {"1": 1, "2": 1, "4": 2, "8": 1, "256": 1}


def test_short_texts_have_a_few_words():
    assert {len(text.split()) for text in short_texts(200)} <= set(WORDS)


def test_more_texts_than_there_are_is_an_error_and_not_a_repetition():
    with pytest.raises(RuntimeError, match="of 1000000 texts"):
        short_texts(1_000_000)
