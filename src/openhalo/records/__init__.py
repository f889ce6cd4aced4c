"""The one store: validated records, their identity over time, and whole versions of everything."""
