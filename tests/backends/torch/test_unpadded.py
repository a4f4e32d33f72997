"""Forwards without padding: what attends, which models it fits, and that no number depends on it."""

import numpy as np
import pytest
import torch
from tests.families import tiny
from tests.families.cases import CASES

from isomorph.encoders.describe import families
from isomorph.plugins.reading import read_model
from isomorph.program import counting_unpadded
from isomorph_torch import speed, unpadded, varlen
from isomorph_torch.alone import ALONE
from isomorph_torch.unpadded import Unpadded, fits
from isomorph_torch.varlen import band, by_sequence, flash_is_there, runs

POOLING = ("Pooling", {"pooling_mode": "mean"}, {})
SIZES = {"vocab_size": 40, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4}


def padded_batch(width, vocabulary=60, pad=0):
    """Ids and mask of rows of several lengths, two of them equal, one a single token."""
    generator = torch.Generator().manual_seed(1)
    lengths = (width, width - 3, width - 3, 1)
    ids = torch.randint(5, vocabulary, (len(lengths), width), generator=generator)
    mask = torch.zeros_like(ids)
    for row, length in enumerate(lengths):
        mask[row, :length] = 1
    return torch.where(mask > 0, ids, pad), mask


@pytest.mark.parametrize("window", [(-1, -1), (3, 3), (0, 2), (-1, 0)])
def test_it_attends_as_one_long_row_with_a_block_of_mask_for_each_sequence(window):
    lengths = [5, 5, 1, 9, 9, 9, 2]
    total = sum(lengths)
    generator = torch.Generator().manual_seed(0)
    q, k, v = (torch.randn(total, 3, 8, generator=generator) for _ in range(3))
    ends = torch.tensor([0, *np.cumsum(lengths)], dtype=torch.int32)
    owner = torch.repeat_interleave(torch.arange(len(lengths)), torch.tensor(lengths))
    distance = torch.arange(total).unsqueeze(0) - torch.arange(total).unsqueeze(1)
    left, right = (total if side < 0 else side for side in window)
    seen = (owner.unsqueeze(0) == owner.unsqueeze(1)) & (distance >= -left) & (distance <= right)
    heads = (x.transpose(0, 1) for x in (q, k, v))
    expected = torch.nn.functional.scaled_dot_product_attention(*heads, attn_mask=seen, scale=0.3)
    mixed = by_sequence(q, k, v, ends, max(lengths), 0.3, window)
    torch.testing.assert_close(mixed, expected.transpose(0, 1), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("window", [(3, 3), (0, 2), (5, 0), (32, 32), (70, 70), (-1, 4)])
@pytest.mark.parametrize("length", [128, 129, 160, 161, 500])
def test_long_sequences_attend_to_their_windows_by_blocks(window, length):
    generator = torch.Generator().manual_seed(length)
    q, k, v = (torch.randn(2 * length, 3, 8, generator=generator) for _ in range(3))
    ends = torch.tensor([0, length, 2 * length], dtype=torch.int32)
    shape = (2, length, 3, 8)
    heads = (x.reshape(shape).transpose(1, 2) for x in (q, k, v))
    seen = band(length, window, torch.device("cpu"))
    expected = torch.nn.functional.scaled_dot_product_attention(*heads, attn_mask=seen, scale=0.3)
    mixed = by_sequence(q, k, v, ends, length, 0.3, window)
    expected = expected.transpose(1, 2).flatten(0, 1)
    torch.testing.assert_close(mixed, expected, rtol=1e-5, atol=1e-5)


def test_sequences_of_one_length_run_together_and_empty_ones_not_at_all():
    assert runs([0, 5, 10, 10, 12, 14, 19]) == [(0, 2, 5), (10, 2, 2), (14, 1, 5)]
    assert band(4, (3, 3), torch.device("cpu")) is None
    assert band(4, (1, 0), torch.device("cpu")).tolist()[2] == [False, True, True, False]


@pytest.mark.parametrize("name", [n for n, case in CASES.items() if case.family != "MT5"])
def test_a_family_gives_the_states_of_its_padded_forward_or_does_not_fit(name):
    case = CASES[name]
    model = tiny.make(case.family, case.settings)
    if not fits(model):
        assert counting_unpadded(model.config.model_type) is None
        return
    ids, mask = padded_batch(case.width, pad=model.config.pad_token_id or 0)
    feeds = {"input_ids": ids, "attention_mask": mask}
    with torch.inference_mode():
        expected = model(**feeds, output_hidden_states=True)
        found = Unpadded(model, by_sequence)(model, feeds, {"output_hidden_states": True})
        same = model(**feeds, output_hidden_states=True)
    for want, got in zip(expected.hidden_states, found.hidden_states, strict=True):
        torch.testing.assert_close(got[mask > 0], want[mask > 0], rtol=1e-4, atol=2e-5)
    assert not found.last_hidden_state[mask == 0].any()
    torch.testing.assert_close(same.last_hidden_state, expected.last_hidden_state, rtol=0, atol=0)


def test_every_family_that_goes_without_padding_was_compared():
    kinds = {tiny.config_class(case.family).model_type for case in CASES.values()}
    assert {kind for kind in families() if counting_unpadded(kind)} <= kinds


def test_where_nothing_can_be_left_out_the_padded_forward_is_the_one_to_run():
    model = tiny.make("Bert", SIZES)
    leave_out = Unpadded(model, by_sequence)
    ids, mask = padded_batch(8, 40)
    empty = mask.clone()
    empty[1] = 0
    with torch.inference_mode():
        assert leave_out(model, {"input_ids": ids, "attention_mask": mask}, {}) is not None
        full = torch.ones_like(mask)
        assert leave_out(model, {"input_ids": ids, "attention_mask": full}, {}) is None
        assert leave_out(model, {"input_ids": ids, "attention_mask": empty}, {}) is None
    assert leave_out(model, {"input_ids": ids, "attention_mask": mask}, {}) is None, "training"


@pytest.mark.parametrize("alone", [False, True])
@pytest.mark.parametrize("case", ["ModernBert-windows", "Bert-plain"])
@pytest.mark.parametrize("width", [unpadded.LONG, unpadded.LONG + 32])
def test_windows_of_long_rows_are_computed_by_blocks_without_padding_too(width, case, alone):
    family, settings, _ = CASES[case]
    model = tiny.make(family, {**settings, "max_position_embeddings": 400})
    rows = 1 if alone else 2
    feeds = {
        "input_ids": torch.arange(rows * width).reshape(rows, width) % 40 + 3,
        "attention_mask": torch.ones(rows, width, dtype=torch.long),
    }
    token = ALONE.set(alone)
    try:
        with torch.inference_mode():
            expected = model(**feeds).last_hidden_state
            found = Unpadded(model, by_sequence)(model, feeds, {})
    finally:
        ALONE.reset(token)
    assert (found is not None) == (case == "ModernBert-windows" and width > unpadded.LONG)
    if found is not None:
        torch.testing.assert_close(found.last_hidden_state, expected, rtol=1e-4, atol=2e-5)


def test_an_attention_that_the_user_chose_is_kept(write_folder, open_torch, feeds, monkeypatch):
    monkeypatch.setattr(speed, "onednn_is_best", lambda: True)
    folder = write_folder("bert", POOLING)
    eager = open_torch(folder, model_kwargs={"attn_implementation": "eager"}).effective
    assert not eager.unpadded
    assert "eager" in eager.provider


@pytest.fixture
def session(write_folder, open_torch, monkeypatch):
    """A session that leaves padding out, whatever this machine is best at."""
    monkeypatch.setattr(speed, "onednn_is_best", lambda: True)
    return open_torch(write_folder("bert", POOLING))


def test_a_session_says_so_and_gives_the_padded_numbers(session, feeds):
    assert session.effective.unpadded
    assert "unpadded" in session.effective.provider
    found = session.forward(feeds)["sentence_embedding"]
    live = session.native["transformers_model"]
    assert not session.effective.unpadded
    assert live.config._attn_implementation == "sdpa"
    padded = session.forward(feeds)["sentence_embedding"]
    np.testing.assert_allclose(found, padded, rtol=1e-5, atol=1e-5)


def test_looking_for_a_name_hands_nothing_out(session):
    assert "torch_module" in session.native
    assert session.native.get("nothing of that name") is None
    assert set(session.native) > {"torch_module", "compile"}
    assert len(session.native) == len(set(session.native))
    assert session.effective.unpadded


def test_whoever_holds_the_model_sees_values_of_padded_shapes(session, feeds):
    shapes = []
    layer = session.native["transformers_model"].embeddings
    layer.register_forward_hook(lambda module, given, result: shapes.append(tuple(result.shape)))
    session.forward(feeds)
    assert shapes == [(4, 9, 32)]


def test_a_vector_does_not_depend_on_its_neighbours(session, feeds):
    alone = {name: array[1:2] for name, array in feeds.items()}
    together = session.forward(feeds)["sentence_embedding"][1]
    np.testing.assert_array_equal(session.forward(alone)["sentence_embedding"][0], together)


def test_places_that_are_masked_but_are_results_keep_the_padded_forward(
    write_folder, open_torch, feeds, monkeypatch
):
    monkeypatch.setattr(speed, "onednn_is_best", lambda: True)
    from dataclasses import replace

    model = read_model(write_folder("bert", POOLING)).prefix(1)
    filled = model.only(replace(model.chain, inputs=replace(model.inputs, filler="[MASK]")))
    states = open_torch(filled).forward(feeds)["token_embeddings"]
    assert states[1, 6:].any(axis=1).all()
    assert not open_torch(model).forward(feeds)["token_embeddings"][1, 6:].any()


def test_the_kernel_of_cuda_is_asked_for_in_half_precision_on_cuda_alone(monkeypatch):
    cuda = torch.device("cuda", 0)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: (9, 0))
    monkeypatch.setattr(torch.version, "hip", None)
    assert flash_is_there(cuda, torch.bfloat16, 64)
    assert not flash_is_there(cuda, torch.float32, 64)
    assert not flash_is_there(cuda, torch.float16, 60)
    assert not flash_is_there(cuda, torch.float16, 264)
    assert not flash_is_there(torch.device("cpu"), torch.float16, 64)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: (7, 5))
    assert not flash_is_there(cuda, torch.float16, 64)


def test_the_kernel_of_cuda_takes_what_it_is_given():
    """Its call is checked by torch's own shape function, on tensors without data."""
    q, k, v = (torch.empty(12, 4, 16, dtype=torch.float16, device="meta") for _ in range(3))
    ends = torch.empty(4, dtype=torch.int32, device="meta")
    mixed = varlen.flash(q, k, v, ends, 5, 0.25, (3, 3))
    assert (mixed.shape, mixed.dtype) == (q.shape, q.dtype)


def test_a_release_of_transformers_without_registers_does_not_fit(monkeypatch):
    monkeypatch.setattr(unpadded, "_register", lambda: False)
    assert not fits(tiny.make("Bert", SIZES))
