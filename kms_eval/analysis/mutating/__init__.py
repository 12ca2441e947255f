"""Mutation testing: whether tests would notice a mistake in the policies."""
