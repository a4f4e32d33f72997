"""Following a choice that ``isomorph tune`` has kept for this model on this machine."""

from __future__ import annotations

from dataclasses import replace

from isomorph.contract import NOTHING_ASKED, Asked, Claim, Device, Model
from isomorph.errors import BackendError, ContractError, Unsupported
from isomorph.plugins.discovery import Plugins
from isomorph.runtime.plan import Plan, make_plan
from isomorph.tuned.choice import Choice
from isomorph.tuned.look_up import look_up


def by_choice(model: Model, wanted: Device | None, plugins: Plugins, asked: Asked) -> Plan | None:
    """The plan that a kept choice says, None where there is none or it does not apply.

    Nothing that the user says is overruled: an arithmetic, settings for an engine and an artifact are
    asked of the backend that core's own order finds. A backend that no longer runs the whole model is not
    taken either, and the order says why.
    """
    if asked != NOTHING_ASKED or model.artifact is not None:
        return None
    found = look_up(model, plugins)
    if found is None or not found.is_for(wanted):
        return None
    device = Device.of(found.device)
    try:
        info, backend = plugins.info(found.backend), plugins.backend(found.backend)
        if device not in backend.devices():
            return None
        plan = make_plan(model, info, backend, Claim(device, 0), True, asked)
    except (BackendError, ContractError, Unsupported):
        return None
    return _followed(plan, found)


def with_setting(plan: Plan, plugins: Plugins) -> Plan:
    """The plan with the setting of a kept choice, where that is of this backend on this device.

    For copies and worker processes of a model whose backend a choice has named.
    """
    found = look_up(plan.model, plugins)
    if found is None or found.backend != plan.info.name:
        return plan
    return _followed(plan, found) if Device.of(found.device) == plan.claim.device else plan


def _followed(plan: Plan, choice: Choice) -> Plan:
    return replace(plan, setting=choice.setting, tuned=str(choice))
