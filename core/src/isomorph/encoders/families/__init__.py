"""One file a family: its `FAMILIES`, a record for each ``model_type``. Defaults are transformers'."""
