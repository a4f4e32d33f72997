"""What a run leaves: raw samples with all that is needed to judge them, and to run again.

row        one contender in one workload: seconds of every call, and why they do not count
run        what was asked, of which model, on which machine
lines      both as lines of JSON
kept       a file of such lines, changed in one step
intervals  what raw samples say of a ratio, and how sure that is
changes    what differs between two records beyond noise
"""
