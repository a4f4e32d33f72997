"""Worker processes that run one model: started by spawn, each with a pipe of its own.

A call is cut into numbered chunks. One thread of the parent, the dispatcher, gives each free worker the next
chunk of some call and passes answers on to the call that they are for. A worker has one chunk at a
time and shares nothing with the others, no lock and no queue, so that one that is killed holds up nobody.
"""
