"""The command line starts without the engines: a person who asks for help does not wait for them."""

import subprocess
import sys

ENGINES = ("polars", "ibis", "duckdb", "scipy", "deltalake", "sqlglot", "pydantic", "numpy")


def test_the_command_line_imports_no_engine():
    code = f"import sys, openhalo.cli.main; print(*sorted(set({ENGINES}) & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
