"""Measuring what runs a model best on this machine, in seconds, on the user's own texts.

    from isomorph.tune import tune_model

    tuned = tune_model("some/model", texts=[...], seconds=20)
    print(tuned.choice, tuned.choice.why)

Candidates are backends, then settings of the best of them (`stages.py`). They run in turn, each in a
process of its own (`processes.py`), and those that are behind beyond noise are left out (`race.py`).
"""

from isomorph.tune.tune import Tuned, forget_choice, tune_model

__all__ = ["Tuned", "forget_choice", "tune_model"]
