"""The small languages inside the strings of a policy: patterns, condition operators, policy variables, ARNs.

Comes in: strings. Goes out: predicates and values, compiled once.
Never here: statements, layers, worlds, files.
"""
