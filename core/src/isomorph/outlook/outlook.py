"""From a name to an outlook: a folder is seen as it is, what is on the Hub alone by its outline."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from isomorph.errors import ModelError, ModelNotFound, Unsupported
from isomorph.files.folder import Folder
from isomorph.outlook.classes import DEFAULT, class_of
from isomorph.outlook.judge import Seen, judge
from isomorph.outlook.told import Outlook
from isomorph.resolve import Request, resolve
from isomorph.resolve.names import full_name
from isomorph.resolve.outline import Outline, outline
from isomorph.resolve.resolve import is_local
from isomorph.resolve.wanted import wanted

ORGANIZATION = "sentence-transformers"


def outlook(
    name: str | Path,
    *,
    class_name: str | None = None,
    backend: str | None = None,
    device: str | None = None,
    request: Request | None = None,
) -> Outlook:
    """What becomes of a model here. Of a model on the Hub a few kB are fetched, and nothing is kept.

    Args:
        name: a folder, ``package:DISTRIBUTION``, or a Hub id.
        class_name: the public class to read it for; None takes what its files say.
        backend: the only backend to ask; None asks all that are installed.
        device: the only device to ask for.
        request: where and how to look for the model.

    Raises:
        ModelError: the model cannot be found, or not be read as one of this class.
        Unsupported: it asks for something that nobody does.
        BackendError: `backend` cannot be used.
        InputError: there is no such class.
    """
    request = request or Request(organization=ORGANIZATION)
    found = place_of(name, request)
    if found is not None:
        return _judged(_as_it_is(found), class_name, backend, device)
    with _outlined(str(name), request, class_name) as known, _named(known, str(name)):
        try:
            told = _judged(_seen(known), class_name, backend, device)
        except (ModelError, Unsupported):
            if not known.blank:
                raise
            told = _judged(_seen(known.complete()), class_name, backend, device)
        place = str(known.folder)
        return replace(
            told,
            missing=tuple(each.replace(place, str(name)) for each in told.missing),
            notes=tuple(each.replace(place, str(name)) for each in told.notes),
        )


def place_of(name: str | Path, request: Request) -> Path | None:
    """The folder of a model that is on this machine, all of it; None where only the Hub has it.

    Raises:
        ModelError: the name is a folder's or a package's, and there is none; or it may not be asked for.
    """
    if is_local(name):
        return resolve(name, request)
    try:
        return resolve(name, replace(request, local_files_only=True))
    except ModelNotFound:
        if request.local_files_only:
            raise
        return None


def _judged(seen: Seen, class_name: str | None, backend: str | None, device: str | None) -> Outlook:
    return judge(seen, class_name or class_of(Folder(seen.folder)), backend, device)


def _as_it_is(folder: Path) -> Seen:
    sizes = {
        path.relative_to(folder).as_posix(): path.stat().st_size
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not any(p.startswith(".") for p in path.relative_to(folder).parts)
    }
    names = tuple(wanted(sizes))
    return Seen(folder=folder, sizes=sizes, names=names, nbytes=sum(sizes[name] for name in names))


def _seen(known: Outline) -> Seen:
    return Seen(
        folder=known.folder,
        sizes=known.sizes,
        names=known.names,
        nbytes=known.nbytes,
        blank=bool(known.blank),
    )


@contextmanager
def _named(known: Outline, name: str) -> Iterator[None]:
    """Errors about the folder of an outline, which is gone when somebody reads them, speak of the model."""
    try:
        yield
    except (ModelError, Unsupported) as error:
        place = str(known.folder)
        error.args = tuple(
            each.replace(place, name) if isinstance(each, str) else each for each in error.args
        )
        raise


@contextmanager
def _outlined(name: str, request: Request, class_name: str | None) -> Iterator[Outline]:
    """The outline of a model on the Hub, in a folder that is gone afterwards.

    Only `DEFAULT` has an organization of its own.
    """
    organization = request.organization if class_name in (None, DEFAULT) else None
    with tempfile.TemporaryDirectory(prefix="isomorph-outline-") as home:
        yield outline(full_name(name, organization), request, Path(home) / "model")
