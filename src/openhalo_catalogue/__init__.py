"""The shipped catalogue: definitions as YAML, no logic."""
