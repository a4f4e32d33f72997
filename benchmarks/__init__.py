"""The benchmark harness: ``python -m benchmarks``.

    scenarios     what is done, as data: start, one text, short texts, texts of mixed length
    texts         the texts, made of the standard library's docstrings
    contenders    who races, as data: our backends, and the peers in benchmarks/peers
    environments  makes the peers' environments from the metadata of their files
    protocol      what a contender's process answers; worker is ours
    process       one contender's process, asked one thing at a time
    race          contenders in turn, never two at once; parity before a figure counts
    results       medians, and ratios to the best peer
    machine       what the machine could do: matrix products and memory
    flops         the arithmetic that a text needs, padding not counted
    report        tables and JSON lines

A figure counts only with its parity, over all texts of its scenario: where vectors differ from the
reference it is void, and the reason is printed. So it is with a contender that crashes, hangs or
has no environment: nobody is left out in silence.
"""
