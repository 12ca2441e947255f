"""What would have to change for a denied request to be allowed, each change tried by the engine.

Comes in: an evaluator and a ruling of it. Goes out: changes, the smallest first, or why nothing fits.
Never here: rules of AWS, rendering. Nothing is changed in place: an edit makes another world, or another request.

`proposals` says what could help (rows for each obstacle), `edits` what an edit does and how it is said, `places` where
a policy hangs, `limits` what nobody can change or carry, and `advise` searches and keeps what makes it `allowed`.
"""
