"""Records of unknown group: what they leave open, and what last names and places say of them."""
