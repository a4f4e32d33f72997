"""What ``isomorph tune`` measured on this machine, kept for the processes that load the model later.

A choice (`choice.py`) is one JSON file a machine and model in the cache folder (`kept.py`). Its key
(`key.py`) holds the content of the model's weights, the processor and the CPUs that there are; beside it
stand the versions of isomorph and of every engine that took part. Where any of them is another one, there
is no choice. A load asks `look_up`, which imports the rest only where some choice is kept.
"""
