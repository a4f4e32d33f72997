"""Chat templates of a tokenizer: where one is, texts would be sent through it, and none is rendered here.

In a folder without ``modules.json`` nothing says how texts reach the model, and whoever has a chat
template is taken for a model of messages. A listed Transformer says it itself: without a
``modality_config`` its texts go as they are, whatever the tokenizer has.
"""

from __future__ import annotations

from isomorph.errors import Unsupported
from isomorph.files.folder import Folder
from isomorph.files.module_folder import ModuleFolder

TOKENIZER_CONFIG = "tokenizer_config.json"
ONE = "chat_template.jinja"
MORE = "additional_chat_templates"
OF_PROCESSORS = "chat_template.json"

PROCESSOR_CONFIG = "processor_config.json"
_PROCESSORS = (
    PROCESSOR_CONFIG,
    "preprocessor_config.json",
    "video_preprocessor_config.json",
)


def place_of_template(folder: Folder, path: str = "") -> str:
    """Where the tokenizer of a module's folder has a chat template, "" where it has none.

    ``chat_template.json`` counts only where a processor stands around the tokenizer: nobody else
    reads it.
    """
    source = ModuleFolder("", "", path, folder, {})
    if folder.file(path, ONE) is not None:
        return ONE
    more = folder.path(path, MORE)
    if more.is_dir() and any(more.glob("*.jinja")):
        return f"{MORE}/"
    tokenizer = source.config(TOKENIZER_CONFIG)
    if tokenizer.get("chat_template") is not None:
        return f"chat_template in {TOKENIZER_CONFIG}"
    of_processor = [name for name in _PROCESSORS if folder.file(path, name) is not None]
    for name in of_processor:
        if source.config(name).get("chat_template") is not None:
            return f"chat_template in {name}"
    classes = (tokenizer, source.config("config.json"))
    if of_processor or any(each.get("processor_class") for each in classes):
        return OF_PROCESSORS if folder.file(path, OF_PROCESSORS) is not None else ""
    return ""


def place_beside_images(folder: Folder, path: str = "") -> str:
    """Where a model that sees has its chat template, "" where it has none.

    A processor stands around its tokenizer, which finds templates in another order than a tokenizer does,
    and reads none of ``tokenizer_config.json``.
    """
    source = ModuleFolder("", "", path, folder, {})
    if source.config(PROCESSOR_CONFIG).get("chat_template") is not None:
        return f"chat_template in {PROCESSOR_CONFIG}"
    if folder.file(path, OF_PROCESSORS) is not None:
        return OF_PROCESSORS
    place = place_of_template(folder, path)
    return place if place == ONE or place.startswith(MORE) else ""


def refuse_template(folder: Folder, inputs: str = "text") -> None:
    """Of a folder without ``modules.json``.

    Raises:
        Unsupported: its tokenizer has a chat template.
    """
    place = place_of_template(folder)
    if place:
        raise Unsupported(
            f"{folder.root} sends every {inputs} through a chat template ({place}). A folder without "
            "modules.json does not say how: load it with sentence-transformers 6 and save it again, which "
            "writes one. If the model was trained without a template, take that out of a copy of the folder."
        )
