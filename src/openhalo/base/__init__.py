"""Ground floor: errors, periods, provenance, progress. Knows nothing of police records."""
