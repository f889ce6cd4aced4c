"""One module, or folder of modules, for each kind of analysis, named by its id.

Each has one entry, `run(context)`, which returns the result; the runner finds it by the kind's id. Kinds never import
each other: what several need stands in `analyses`.
"""
