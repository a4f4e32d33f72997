"""Whether a plugin fits this core: the contract that it was made for, and the hooks that it means to have."""

from __future__ import annotations

import pluggy

from isomorph.contract import CONTRACT
from isomorph.messages.shown import shown

HOOK_START = "isomorph_"
CONTRACT_NAME = "isomorph_contract"
"""The number of a plugin's module that says which contract the plugin was made for; 1 where it is absent."""


class Misfit(TypeError):
    """A plugin does not fit this core; `advice` says what to do."""

    def __init__(self, why: str, advice: str) -> None:
        super().__init__(why)
        self.advice = advice


def refuse_other_contracts(plugin: object, distribution: str) -> None:
    """Refuses a plugin that was made for a contract which this core does not have.

    Raises:
        Misfit: it was.
    """
    stated = getattr(plugin, CONTRACT_NAME, CONTRACT)
    if isinstance(stated, bool) or not isinstance(stated, int) or stated < 1:
        raise Misfit(
            f"{CONTRACT_NAME} is {shown(stated)}, which is no number of a contract",
            f"Write {CONTRACT_NAME} = {CONTRACT} in the plugin's module.",
        )
    if stated > CONTRACT:
        raise Misfit(
            f"it was made for contract {stated}, and this core has contract {CONTRACT}",
            "Bring a newer core (pip install --upgrade isomorph-core), or an older "
            f"{distribution.partition(' ')[0]}.",
        )


def refuse_lost_hooks(manager: pluggy.PluginManager, plugin: object, hooks: object) -> None:
    """Refuses a plugin with a hook that nobody would ever call, and a plugin without any hook.

    Raises:
        Misfit: a name is misspelt, `hookimpl` is missing, or there is no hook at all.
    """
    known = sorted(name for name in vars(hooks) if name.startswith(HOOK_START))
    meant = [name for name in dir(plugin) if name.startswith(HOOK_START)]
    for name in meant:
        if name == CONTRACT_NAME or not callable(getattr(plugin, name)):
            continue
        if name not in known:
            raise Misfit(f"it has {name!r}, which is no hook", f"The hooks are {', '.join(known)}.")
        if manager.parse_hookimpl_opts(plugin, name) is None:
            raise Misfit(
                f"its {name!r} is not marked as a hook",
                "Write @hookimpl (from isomorph.hookspecs) above the function.",
            )
    if not any(name in known for name in meant):
        raise Misfit("it has no hook", f"The hooks are {', '.join(known)}.")
