"""Pages about early intervention that stay inside the department: never part of a release."""
