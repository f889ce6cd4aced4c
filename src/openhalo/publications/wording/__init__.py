"""How a release names groups, units and conditions."""
