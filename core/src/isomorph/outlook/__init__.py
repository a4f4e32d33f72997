"""What becomes of a model here, told without its weights: who runs it, what is missing, how big it gets.

    from isomorph.outlook import outlook

    print(outlook("org/name").backends)

A model on the Hub is known by its outline (`isomorph.resolve.outline`), a folder by its files. Both are
read, examined and claimed by the code that loads models; no number of a weight is looked at.
"""

from isomorph.outlook.outlook import outlook
from isomorph.outlook.told import Outlook, Verdict

__all__ = ["Outlook", "Verdict", "outlook"]
