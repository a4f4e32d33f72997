"""What is embedded, and how: all of it is data.

    workload  a way in which people embed: one text a call, many in one call, many callers, for minutes
    suites    the workloads by name, and those that `isomorph bench` takes when nobody asks
    sources   where inputs come from: docstrings that everybody has, the user's file, photos, made texts
    texts     docstrings of mixed length, short and long ones
    photos    pictures as JPEG files
    given     what an item stands for where it is no text
    facts     hash, number and lengths of inputs, and the arithmetic that they need

`given` and this file run in the environments of others: they need the standard library only.
"""
