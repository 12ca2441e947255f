"""Coverage: which parts of policies tests exercise."""
