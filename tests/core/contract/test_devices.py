"""The grammar of devices."""

import pytest

from isomorph.contract import Device
from isomorph.errors import InputError


@pytest.mark.parametrize(
    "said",
    [
        "cpu",
        "cpu:1",
        "cuda:1",
        "inf2:0",
        "hailo8:0",
        "neuron-core:0",
        "my_npu:12",
        "tpu:0-3",
        "cpu:2-3",
    ],
)
def test_a_device_is_written_as_it_is_read(said):
    assert str(Device.parse(said)) == said


def test_a_group_is_its_first_device_and_a_count():
    assert Device.parse("tpu:4-7") == Device("tpu", 4, count=4) != Device("tpu", 4)


def test_a_kind_alone_is_its_first_device():
    assert Device.parse(" CUDA ") == Device("cuda", 0)
    assert str(Device("cpu", 1)) != str(Device("cpu"))


@pytest.mark.parametrize(
    "said",
    [
        "",
        "1cpu",
        "-npu",
        "cpu:",
        "cpu:-1",
        "cuda:99999",
        "a b",
        "x" * 99,
        "tpu:0-",
        "tpu:3-1",
        "tpu:1-1",
    ],
)
def test_what_is_no_device_is_refused(said):
    with pytest.raises(InputError, match="KIND or KIND:INDEX"):
        Device.parse(said)
