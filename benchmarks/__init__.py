"""The benchmark harness: ``python -m benchmarks``.

    scenarios   what is done: cold start, one short text, many texts of mixed length
    texts       the texts, made of the standard library's docstrings
    machine     what the machine could do: matrix products and memory
    flops       the arithmetic that a text needs, padding not counted
    worker      one contender, in a process of its own
    measure     contenders in turn, never two at once; medians
    report      tables and JSON lines

A row counts only with its parity: where vectors differ from the reference it is void.
"""
