"""Single measurements, each a module that runs: ``python -m isomorph_bench.probes.NAME --help``.

cluster     a dataset on a cluster of Ray beside the same CPUs without it
forwards    how large a forward should be
growth      whether memory grows with the number of calls
operations  where the time of forwards goes, by operator
overload    our server at ten times what it takes at once
overhead    what a call takes beside its forward
start       what the time from nothing to the first vector consists of
threads     threads that call one model at once
"""
