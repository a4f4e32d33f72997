"""Numbers in answers: those of the model to the last bit, or none."""

import json

import numpy as np
import pytest

from isomorph_server.refusals import Refused
from isomorph_server.replies import Json, in_base64


def test_numbers_read_back_are_those_of_the_model():
    numbers = np.random.default_rng(7).standard_normal(999, np.float32) * np.float32(10.0) ** 9
    body = json.loads(Json({"a": [numbers, numbers[::-2]]}).body)
    np.testing.assert_array_equal(np.float32(body["a"][0]), numbers)
    np.testing.assert_array_equal(np.float32(body["a"][1]), numbers[::-2])


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("write", [Json, in_base64, lambda a: Json({"deep": [{"er": a}]})])
def test_numbers_that_json_lacks_are_refused(bad, write):
    with pytest.raises(Refused, match="not finite") as caught:
        write(np.array([1.0, bad], np.float32))
    assert caught.value.status == 424
