"""From an explained decision to text: for people, for programs, for reports.

Comes in: a decision with its reasons. Goes out: a string, the same for the same decision.
Never here: files, terminals, exit codes, and reasons found afresh.
"""
