"""Linting: what is wrong, or wider than it looks, in policies and grants, without any request."""
