"""Finished releases: what may go out, and how anyone can check it."""
