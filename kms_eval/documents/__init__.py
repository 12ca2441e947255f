"""Policies and grants as AWS stores them, checked and typed.

Comes in: plain values with the places they were read from. Goes out: frozen policies and grants, texts kept as written.
Never here: files, what a statement matches, questions about principals.
"""
