"""``isomorph bench``: backends of isomorph and other libraries race on this machine, judged by their results.

    command    the command line, which makes an order
    order      what a run is asked, as data
    bench      runs an order, and makes a record
    entrants   who races for an order
    tasks      what models are for: dense, sparse, rerank, late interaction, images
    workloads  what is embedded, and how
    shapes     models of real sizes with random weights
    race       contenders in turn, and the judgement of what they answer
    peers      libraries that do the same job, one file each
    machine    what the machine could do
    records    raw samples with all that is needed to judge them
    report     tables, charts and pages of records
    serving    servers in turn, asked by many clients and by one alone
    probes     single measurements

A figure counts only with its parity, over all inputs of its workload: where results differ from the
reference the figure is void, and the reason is printed. So it is with a contender that crashes, hangs or
has no environment: nobody is left out in silence.
"""
