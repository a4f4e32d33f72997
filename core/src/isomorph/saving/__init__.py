"""From a loaded model back to a folder in the sentence-transformers format.

exchange.py    a finished folder takes its name in one step
layout.py      what goes into it: modules.json, settings, module by module
existing.py    what stays of a folder that was there under that name
save.py        all of it in order
"""
