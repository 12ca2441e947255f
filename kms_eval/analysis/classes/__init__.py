"""Requests that no policy tells apart: equivalence classes of callers and keys, each pair of classes decided once."""
