"""Statistical tests on records: each planned, carried out, refused where it would mislead, and said in words."""
