"""A site: one agency's folder, or many agencies', and what can be done with it."""
