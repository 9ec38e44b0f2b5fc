"""Turned things for Maquette: a generator, an operation, a check, a format and a recipe."""
