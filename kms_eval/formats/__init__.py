"""From text to plain values whose positions in the text can be found.

Comes in: a path or a text in YAML or JSON. Goes out: raw documents, with a file, line and field for every value.
Never here: what a policy, a grant or a scenario means.
"""
