import pytest

from isomorph.messages.outside import warn_outside


def test_code_without_a_name_of_its_module_is_warned_as_any_other():
    """What runs generated code gives it globals of its own, which need not hold a name."""
    with pytest.warns(UserWarning, match="said") as told:
        exec('warn_outside("said")', {"warn_outside": warn_outside})
    assert told[0].filename == "<string>"
