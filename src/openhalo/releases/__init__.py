"""The format of a finished release: a folder that anyone can read and check, without the store."""
