"""Plain numbers as sentences, tables and charts. Knows no records and no catalogue."""
