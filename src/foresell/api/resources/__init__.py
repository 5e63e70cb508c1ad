"""One thin module per resource; they never import each other."""
