"""What would have to change for a denied request to be allowed; the engine tries each change.

Comes in: an evaluator and one of its rulings. Goes out: explanations with changes, smallest first, or why none helps.
Never here: rules of AWS, rendering. Nothing is changed in place: an edit makes another world, or another request.

`proposals`, `conditions`, `denies` and `granting` propose what could help. `edits` has what an edit does and its text,
`places` what a policy is attached to, `limits` what nobody can edit. `advise` searches and keeps what helps.
"""
