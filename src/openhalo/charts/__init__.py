"""Plain numbers to drawings, tables and maps."""
