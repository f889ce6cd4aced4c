"""Counts a release's figures again from its own files: other code, and another engine, than published them."""
