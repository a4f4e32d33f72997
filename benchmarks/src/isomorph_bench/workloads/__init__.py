"""What is embedded: texts that everybody has (`texts`), in the ways that people embed them (`scenarios`).

`given` and this file run in the environments of others: they need the standard library only.
"""
