"""Objects that belong to the process that made them."""

from __future__ import annotations

from typing import NoReturn

from isomorph.errors import Unsupported


class OfOneProcess:
    """What holds threads or processes: copying and pickling are refused by name."""

    def __reduce__(self) -> NoReturn:
        """Refuses `copy` and `pickle`.

        Raises:
            Unsupported: always.
        """
        raise Unsupported(
            f"A {type(self).__name__} cannot be copied or sent to another process: its threads and processes "
            "serve this one alone. Send the model, and make another one there."
        )
