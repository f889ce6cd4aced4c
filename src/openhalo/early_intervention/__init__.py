"""Early intervention: indicators of officers' work, review sets, and how good they would have been."""
