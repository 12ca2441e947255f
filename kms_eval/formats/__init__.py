"""From text to plain values that remember where they stood.

Comes in: a path or a text in YAML or JSON. Goes out: raw documents, with a file, line and field for every value.
Never here: what a policy, a grant or a scenario means.
"""
