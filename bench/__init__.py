"""Speed as ratios against named rivals, in one run: `make bench`."""
