"""The benchmark harness of isomorph.

    workloads  what is embedded, as data
    race       contenders in turn, and the judgement of what they answer
    peers      libraries that do the same job, one file each
    machine    what the machine could do
    report     what was found, for people
    probes     single measurements

A figure counts only with its parity, over all inputs of its workload: where vectors differ from the
reference the figure is void, and the reason is printed. So it is with a contender that crashes, hangs or
has no environment: nobody is left out in silence.
"""
