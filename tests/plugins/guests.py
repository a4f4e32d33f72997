"""Plugins that behave badly, made of the one line that is wrong."""

BACKEND = """
from isomorph.contract import Claim, Device
class Guest:
    def __init__(self): {init}
    def devices(self): {devices}
    def claim(self, model, device): {claim}
    def load(self, model, claim, options): {load}
class Session:
    native = {{}}
    def __init__(self, device):
        from isomorph.contract import SessionInfo
        self.effective = SessionInfo(device, "guest 1", provider="guest", threads=1, lanes=1)
    def forward(self, values): {forward}
    def save(self, folder): raise KeyError("save")
    def close(self): pass
"""
RIGHT = {
    "init": "pass",
    "devices": "return [Device('cpu')]",
    "claim": "return Claim(device, len(model.graph))",
    "load": "return Session(claim.device)",
    "forward": "raise ValueError('RESOURCE_EXHAUSTED')",
}
HOOK = """
from isomorph.hookspecs import hookimpl
@hookimpl
def {hook}({arguments}):
    {body}
"""


def guest(site, name, **wrong):
    """A distribution whose backend is right but for what is said."""
    code = BACKEND.format(**{**RIGHT, **wrong})
    arguments = f"'{name}', '{name}_backend:Guest', priority=99"
    return site.offer(name, arguments, **{f"{name}_backend": code})
