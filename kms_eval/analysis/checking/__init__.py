"""Checks: sentences about everybody that have to stay true, each proved, refuted by a request, or left undetermined."""
