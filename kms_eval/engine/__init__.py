"""Whether a request is allowed: rules are compiled once from a world, and then decide any number of requests.

Comes in: a world and a request that carries its own time. Goes out: a decision, and on demand its reasons.
Never here: files, clocks, environment, printing, pydantic; exceptions as decisions: unknown and error are values.
"""
