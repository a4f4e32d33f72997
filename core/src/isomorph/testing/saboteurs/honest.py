"""The reference, wrapped so that single steps can be replaced: the base of all saboteurs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from isomorph.contract import (
    NOTHING_ASKED,
    Asked,
    Claim,
    Device,
    Model,
    Options,
    Session,
    SessionInfo,
    Values,
)
from isomorph.reference.backend import ReferenceBackend

Changed = dict[str, Any]


class Honest:
    """The reference, wrapped; the base of the saboteurs. Passes every law."""

    def devices(self) -> Sequence[Device]:
        """The CPU."""
        return ReferenceBackend().devices()

    def claim(self, model: Model, device: Device, asked: Asked = NOTHING_ASKED) -> Claim:
        """What the reference claims."""
        return ReferenceBackend().claim(model, device, asked)

    def load(self, model: Model, claim: Claim, options: Options) -> Session:
        """A session that passes everything through `before` and `after`."""
        inner = ReferenceBackend().load(model, replace(claim, artifact=None), options)
        return Passage(self, model, claim, options, inner)

    def before(self, session: Passage, values: Values) -> Values:
        """What the inner session gets instead of the feeds."""
        return values

    def after(self, session: Passage, feeds: Values, results: Changed) -> Changed:
        """What the caller gets instead of the results."""
        return results

    def effective(self, session: Passage) -> SessionInfo:
        """What the session says that it runs with."""
        inner = session.inner.effective
        return replace(inner, lanes=session.options.lanes, artifact=session.claim.artifact)

    def native(self, session: Passage) -> Mapping[str, object]:
        """What the session hands out: nothing."""
        return {}

    def save(self, session: Passage, folder: Path) -> None:
        """Writes nothing."""

    def close(self, session: Passage) -> None:
        """Closes the inner session."""
        session.inner.close()


class Passage:
    """A session around the reference's."""

    def __init__(
        self, backend: Honest, model: Model, claim: Claim, options: Options, inner: Session
    ) -> None:
        self.backend, self.model, self.claim, self.options = backend, model, claim, options
        self.inner = inner
        self.scratch: Any = None

    @property
    def effective(self) -> SessionInfo:
        """As the saboteur wants it."""
        return self.backend.effective(self)

    @property
    def native(self) -> Mapping[str, object]:
        """As the saboteur wants it."""
        return self.backend.native(self)

    def forward(self, values: Values) -> Values:
        """The inner session between two chances to do wrong."""
        results = self.inner.forward(self.backend.before(self, values))
        return self.backend.after(self, values, dict(results))

    def save(self, folder: Path) -> None:
        """As the saboteur wants it."""
        self.backend.save(self, folder)

    def close(self) -> None:
        """As the saboteur wants it."""
        self.backend.close(self)
