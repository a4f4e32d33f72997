"""One name, four kinds of places, in a fixed order; the first that knows the name wins."""

from __future__ import annotations

import os
from pathlib import Path

from isomorph.errors import ModelNotFound, NotAFolder
from isomorph.messages.shown import shown
from isomorph.resolve.request import SCHEME, Request

PATH_STARTS = ("/", ".", "~", "\\")
"""No Hub id begins like this, so such a name was meant as a path and is never asked of the Hub."""


def resolve(
    name: str | os.PathLike[str], request: Request | None = None, *, settings_alone: bool = False
) -> Path:
    """The folder of a model; with `settings_alone` the Hub is asked for no more than its ``config.json``.

    Tried in this order: a local folder, ``package:DISTRIBUTION``, what plugins know, the Hub. A
    local folder or package never leads to a connection.

    Raises:
        NotAFolder: the name is that of a file.
        ModelNotFound: no place has it, or what is cached is not whole and may not be completed.
        AccessDenied, HubUnavailable: the Hub refused, or could not be asked.
        BadModel: a packed or cached model is damaged or unsafe.
    """
    request = request or Request()
    asked = os.fspath(name)
    if not asked.strip():
        raise ModelNotFound("The name of the model is empty. Give a folder or a Hub id.")
    if asked.startswith(SCHEME):
        from isomorph.resolve import package

        return package.find(asked)
    local, there = _local(asked)
    if there == "folder":
        return local.absolute()  # loading comes later, perhaps from another working directory
    if there == "file":
        raise NotAFolder(
            f"{asked} is a file, and a model is a folder. Give the folder that holds modules.json "
            f"or config.json, perhaps {local.parent}."
        )
    found = _from_plugins(asked, request)
    if found is not None:
        return found
    try:
        return _from_the_hub(asked, local, request, settings_alone)
    except NotAFolder:
        raise
    except ModelNotFound as lack:
        from isomorph.plugins.discovery import installed

        if installed().silent:
            raise ModelNotFound(f"{lack}{installed().silent}") from lack
        raise


def _from_the_hub(asked: str, local: Path, request: Request, settings_alone: bool) -> Path:
    _refuse_paths(asked, local)
    from isomorph.resolve import hub
    from isomorph.resolve.names import full_name

    repo_id = full_name(asked, request.organization)
    if not settings_alone:
        return hub.find(repo_id, request)
    from isomorph.resolve.settings_alone import find_settings

    return find_settings(repo_id, request)


def is_local(name: str | os.PathLike[str]) -> bool:
    """Whether a name is that of a package, or of something in the file system, so that no Hub is asked."""
    asked = os.fspath(name)
    return asked.startswith(SCHEME) or bool(_local(asked)[1])


def _local(name: str) -> tuple[Path, str]:
    """The path that a name may be, and what is there: "folder", "file" or "" for neither.

    Raises:
        ModelNotFound: the file system takes no such name, or may not be asked about it.
    """
    try:
        local = Path(name).expanduser()
        return local, "folder" if local.is_dir() else "file" if local.is_file() else ""
    except (OSError, RuntimeError) as cause:  # RuntimeError: nobody has the home of ~NAME
        why = cause.strerror if isinstance(cause, OSError) else str(cause)
        raise ModelNotFound(
            f"{shown(name)} cannot be looked for as a folder ({why}), nor is it a name that the Hub allows."
        ) from cause


def _from_plugins(name: str, request: Request) -> Path | None:
    from isomorph.plugins.discovery import installed

    asker = installed().asker
    for origin, found in asker.answers("isomorph_resolve", name=name, request=request):
        if found is None:
            continue
        try:
            folder = _path_of(found)
        except Exception as cause:  # of the plugin's own object too
            asker.failed("isomorph_resolve", origin, cause)
            continue
        if not folder.is_dir():
            raise ModelNotFound(
                f"The plugin {origin.name!r} of {origin.distribution} resolved {name!r} to {folder}, "
                "which is not a folder."
            )
        return folder
    return None


def _path_of(found: object) -> Path:
    """The path that a plugin gives, from the root on: loading comes later, perhaps in another folder.

    Raises:
        TypeError: it is none, or an empty text, which would be the working folder.
    """
    if not isinstance(found, str | os.PathLike):
        raise TypeError(f"it gives a {type(found).__name__}, no path")
    place = os.fspath(found)
    if not isinstance(place, str) or not place:
        raise TypeError(f"it gives {place!r}, no path")
    return Path(place).absolute()


def _refuse_paths(name: str, local: Path) -> None:
    """Stops here with what cannot be a Hub id: asking the Hub would only blur the message."""
    scheme, is_address, rest = name.partition("://")
    if is_address:
        shown_as = f"{scheme}://{rest.rpartition('@')[2]}"  # without what may be a password
        raise ModelNotFound(
            f"No model {shown_as!r}: no installed plugin knows such an address. "
            "'isomorph backends' lists what can be installed."
        )
    if name.count("/") > 1 or "\\" in name or name.startswith(PATH_STARTS) or name.endswith("/"):
        raise ModelNotFound(
            f"No model {name!r}: there is no folder {local.absolute()}, no plugin knows the name, "
            "and it is not of the form NAME or ORGANIZATION/NAME, so it cannot be on the Hub."
        )
