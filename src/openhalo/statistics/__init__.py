"""Numbers in, results with their interval out. Knows no catalogue and no records."""
