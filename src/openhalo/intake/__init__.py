"""Files of every kind as typed rows: read, map, and say what is wrong with each row."""
