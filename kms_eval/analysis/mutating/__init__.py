"""Whether tests would notice a mistake in the policies."""
