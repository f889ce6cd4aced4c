"""One module for each kind of signal, named by its id.

Each has one entry, `find(context, spec)`. It returns the officers whom the signal finds by itself, by place among
serving officers, with the reasons; or a `Filler`, which says who takes the places that are left. Kinds never import
each other: what several need stands in `early_intervention`.
"""
