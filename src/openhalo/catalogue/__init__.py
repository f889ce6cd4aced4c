"""What the department does, as checked objects read from YAML. Content lives in `openhalo_catalogue`."""
