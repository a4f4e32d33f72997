"""What was found, for people.

figures    the numbers of a record in words
growth     rates along lengths, numbers of texts, callers and CPUs, beside their line
terminal   tables on a terminal
markdown   the same tables for a page of documentation
charts     what a record shows as curves and points
svg        curves and points as SVG
page       one HTML file with all of it
"""
