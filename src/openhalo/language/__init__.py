"""How each language says words, numbers and dates: no figure, no record, no catalogue."""
