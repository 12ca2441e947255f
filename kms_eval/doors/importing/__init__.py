"""Scenarios made of sources.

Comes in: the raw structure that sources gave. Goes out: texts of files. Never here: reading sources, decisions.
"""
