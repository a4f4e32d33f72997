"""Libraries that do the same job: one file each, run by an environment of its own.

A peer's file begins with the inline metadata of Python scripts (a ``# /// script`` block): its
dependencies, and below ``[tool.race]`` what else the race must know:

    without     distributions that are taken out again after the installation, and the file says why
    prepared    true where `prepare` of the file makes a folder that the library starts from
    tasks       those of `isomorph_bench.tasks` in which it races; without it ["dense"];
                the program of a peer with several is told which as the argument `task`
    source      another peer whose prepared folder is this one's model folder

Whoever adds such a file adds a contender. It may import `isomorph_bench.race.protocol`,
`isomorph_bench.workloads.given` and nothing else of ours.
"""
