"""What a figure is held against.

limits    what the machine could do: matrix products, reading and copying
facts     processor, instructions, cores and quota, versions
flops     the arithmetic that texts need of a model, padding not counted
roofline  the share of the limits that a figure is
energy    what the processors take, where the kernel's counters can be read
"""
