"""What tests touch of the policies."""
