"""The ways to use kms-eval from outside: the command line, the pytest plugin, batch files.

Comes in: what a person or a program typed or wrote. Goes out: an answer in the requested form, an exit code.
A door reads, calls, renders, and does nothing else.
Never here: knowledge of IAM or KMS, and one door importing the internals of another.
"""
