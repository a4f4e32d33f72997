"""What is sent to workers, as bytes."""

from __future__ import annotations

import pickle

from isomorph.errors import InputError, IsomorphError


def to_send(thing: object, refusal: str, advice: str = "") -> bytes:
    """A pickled object.

    Args:
        thing: the object.
        refusal: how the error begins where the object cannot be pickled; the cause stands behind it.
        advice: how the error ends.

    Raises:
        InputError: it cannot be pickled. What objects of isomorph raise then is raised as it is.
    """
    try:
        return pickle.dumps(thing, pickle.HIGHEST_PROTOCOL)
    except IsomorphError:
        raise
    except Exception as error:  # pickle raises four types, and objects of others raise theirs
        raise InputError(f"{refusal} ({error}).{advice and f' {advice}'}") from error
