"""Contenders in turn, each in a process of its own; what they answer is judged before a figure counts.

    contenders    who races, as data: our backends, and the peers in `isomorph_bench.peers`
    environments  makes the peers' environments from the metadata of their files
    launch        how a module of this package starts in any environment
    protocol      what a contender's process answers; worker is ours
    process       one contender's process, asked one thing at a time
    race          contenders in turn, never two at once
    results       medians, and ratios to the best peer

`protocol` and this file run in the environments of others: they need the standard library only.
"""
