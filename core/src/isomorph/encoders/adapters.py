"""Adapters: small weights that change a base model, in files of their own. None is applied here.

peft and the libraries on top of it write ``adapter_config.json`` beside ``adapter_model.safetensors``
or ``.bin``; AdapterHub's library writes the first beside ``pytorch_adapter.bin``.
"""

from __future__ import annotations

from isomorph.errors import Unsupported
from isomorph.files.folder import Folder
from isomorph.files.module_folder import ModuleFolder
from isomorph.files.names import OLD_WEIGHTS
from isomorph.files.names import WEIGHTS as BASE_WEIGHTS

CONFIG = "adapter_config.json"
WEIGHTS = ("adapter_model.safetensors", "adapter_model.bin", "pytorch_adapter.bin")
_AUTO = {
    "SEQ_CLS": "AutoModelForSequenceClassification",
    "CAUSAL_LM": "AutoModelForCausalLM",
}
"""transformers' class for the tasks of peft; AutoModel for the others."""


def refuse_adapter(folder: Folder, path: str = "") -> None:
    """Of the folder of a transformer.

    Raises:
        Unsupported: it holds an adapter, alone or beside the weights that it would change.
    """
    found = [name for name in (CONFIG, *WEIGHTS) if folder.file(path, name) is not None]
    if not found:
        return
    place = folder.path(path)
    config = ModuleFolder("", "", path, folder, {}).config(CONFIG)
    base = config.get("base_model_name_or_path") or config.get("model_name")
    named = f" of the base model {base!r}" if base else ""
    alone = not any(folder.file(path, name) is not None for name in (*BASE_WEIGHTS, *OLD_WEIGHTS))
    what = f"holds an adapter{named} ({', '.join(found)})"
    whole = "and not that model itself" if alone else "beside the weights that it changes"
    raise Unsupported(
        f"{place} {what} {whole}. Adapters are not applied here, and without them the numbers would be "
        f"others. {_way_out(config, str(base or 'BASE'), str(place))}"
    )


def _way_out(config: dict[str, object], base: str, place: str) -> str:
    """How the adapter gets into the weights."""
    if "peft_type" not in config:
        return (
            "Merge it into the base model with the library that made it, where that can, and load "
            "the folder of what it saves."
        )
    auto = _AUTO.get(str(config.get("task_type")), "AutoModel")
    return (
        "Merge it once, with peft installed, then load the new folder (with tokenizer, modules.json and "
        "the folders that it names copied into it):\n"
        f"    from peft import PeftModel; from transformers import {auto}\n"
        f"    base = {auto}.from_pretrained({base!r})\n"
        f"    PeftModel.from_pretrained(base, {place!r}).merge_and_unload()"
        f".save_pretrained({place + '-merged'!r})"
    )
