"""What a release holds as data: figures, incident files, places, coverage, and how all of it was counted."""
