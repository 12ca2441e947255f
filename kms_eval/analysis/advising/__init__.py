"""What would have to change for a denied request to be allowed, each change tried by the engine.

Comes in: an evaluator and a ruling of it. Goes out: explanations with changes, the smallest first, or why nothing fits.
Never here: rules of AWS, rendering. Nothing is changed in place: an edit makes another world, or another request.

`proposals`, `conditions`, `denies` and `granting` say what could help, `edits` what an edit does and how it is said,
`places` where a policy hangs, `limits` what nobody can edit or carry, and `advise` searches and keeps what helps.
"""
