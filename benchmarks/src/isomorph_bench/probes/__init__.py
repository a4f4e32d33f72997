"""Single measurements, each a module that runs: ``python -m isomorph_bench.probes.NAME --help``.

forwards    how large a forward should be
growth      whether memory grows with the number of calls
operations  where the time of forwards goes, by operator
overhead    what a call takes beside its forward
start       what the time from nothing to the first vector consists of
threads     threads that call one model at once
"""
