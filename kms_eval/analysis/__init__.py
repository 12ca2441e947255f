"""Questions about many requests: who can, what differs, what locks out, what no test covers.

Comes in: a world and a set of requests. Goes out: findings, each with a request that shows it.
Never here: a second reading of the policies. Every answer comes from the engine; what it leaves open stays open.
"""
