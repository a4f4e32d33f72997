"""How much of a model this backend runs, and why not more."""

from __future__ import annotations

from collections.abc import Sequence

from isomorph.contract import NOTHING_ASKED, Asked, Claim, Device, Model, Options, Session
from isomorph.errors import Unsupported
from isomorph.program import claimable, lower
from isomorph_template.devices import list_devices


class TemplateBackend:
    """Encoders in numpy."""

    def devices(self) -> Sequence[Device]:
        """The CPU."""
        return list_devices()

    def claim(self, model: Model, device: Device, asked: Asked = NOTHING_ASKED) -> Claim:
        """As many modules as lower to the engine's operators; the next one's lacks are the reason.

        Raises:
            Unsupported: the user asks for arithmetic in another type than float32.
        """
        from isomorph_template.engine import OPERATORS

        if asked.arithmetic not in (None, "float32"):
            raise Unsupported(f"The template computes in float32, not in {asked.arithmetic}.")
        depth, stop = claimable(model, OPERATORS)
        return Claim(device, depth, reason=stop)

    def load(self, model: Model, claim: Claim, options: Options) -> Session:
        """The program of the claimed modules, ready to run.

        Raises:
            Unsupported: the user asks for arithmetic in another type than float32.
        """
        from isomorph_template.session import TemplateSession

        if options.arithmetic not in (None, claim.arithmetic):
            raise Unsupported(
                f"Backend 'template' computes in float32, not in {options.arithmetic}."
            )
        return TemplateSession(lower(model), claim)
