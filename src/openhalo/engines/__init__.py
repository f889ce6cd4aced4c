"""The engines that answer questions about records, and what a checked condition means to each."""
