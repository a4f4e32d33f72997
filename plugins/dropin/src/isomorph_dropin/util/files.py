"""Files of models on the Hub or in folders."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tqdm.auto import tqdm


class disabled_tqdm(tqdm):  # type: ignore[type-arg]  # noqa: N801  # the name that programs import
    """A progress bar that is never shown."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "disable": True})

    def __delattr__(self, attr: str) -> None:
        if attr in self.__dict__:
            super().__delattr__(attr)


def is_sentence_transformer_model(model_name_or_path: str, *args: Any, **kwargs: Any) -> bool:
    """Whether a folder or a model of the Hub has a ``modules.json``."""
    return load_file_path(model_name_or_path, "modules.json", *args, **kwargs) is not None


def load_file_path(
    model_name_or_path: str,
    filename: str,
    subfolder: str = "",
    token: bool | str | None = None,
    cache_folder: str | None = None,
    revision: str | None = None,
    local_files_only: bool = False,
) -> str | None:
    """The path of one file of a model, fetched where it is on the Hub; None where there is none."""
    here = Path(model_name_or_path, subfolder, filename)
    if here.is_file():
        return str(here)
    if Path(model_name_or_path).is_dir():
        return None
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import EntryNotFoundError, HFValidationError

    try:
        found: str = hf_hub_download(
            model_name_or_path,
            filename,
            subfolder=subfolder or None,
            token=token,
            cache_dir=cache_folder,
            revision=revision,
            local_files_only=local_files_only,
        )
        return found
    except (EntryNotFoundError, HFValidationError):
        return None


def load_dir_path(
    model_name_or_path: str,
    subfolder: str,
    token: bool | str | None = None,
    cache_folder: str | None = None,
    revision: str | None = None,
    local_files_only: bool = False,
) -> str | None:
    """The path of a folder of a model, fetched where it is on the Hub; None where there is none."""
    here = Path(model_name_or_path, subfolder)
    if here.is_dir():
        return str(here)
    if Path(model_name_or_path).is_dir():
        return None
    from huggingface_hub import snapshot_download

    root = snapshot_download(
        model_name_or_path,
        allow_patterns=f"{subfolder}/**",
        token=token,
        cache_dir=cache_folder,
        revision=revision,
        local_files_only=local_files_only,
    )
    found = Path(root, subfolder)
    return str(found) if found.is_dir() else None


def http_get(url: str, path: str) -> None:
    """Writes what an address answers to a file.

    Raises:
        OSError: it does not answer.
    """
    from huggingface_hub.utils import http_backoff

    answer = http_backoff("GET", url)
    answer.raise_for_status()
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_bytes(answer.content)
