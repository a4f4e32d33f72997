"""Adapters: small weights that change those of a base model, merged into them while a model is read.

`weights.py` is the entrance, `files.py` finds what a folder holds and the base model, `settings.py`
judges ``adapter_config.json``, `lora.py` computes. `tasks.py` merges what lies in the weights, one a task.
"""
