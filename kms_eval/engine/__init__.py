"""Whether a request is allowed: rules compiled once from a world, then any number of requests decided by them.

Comes in: a world and a request that carries its own time. Goes out: a decision, and on demand its reasons.
Never here: files, clocks, environment, printing, pydantic; and an exception as a verdict: unknown and error are values.
"""
