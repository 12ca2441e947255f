"""Turns explained decisions into text: for people, for programs, for reports.

Comes in: a decision with its reasons. Goes out: a string, the same for the same decision. Never here: files, terminals,
exit codes, finding reasons.
"""
