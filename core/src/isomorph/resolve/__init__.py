from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Request:
    revision: str | None = None
    token: object = None
    cache_folder: str | None = None
    local_files_only: bool = False
    organization: str | None = None


def resolve(name, request):
    return Path(name)
