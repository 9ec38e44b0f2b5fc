"""Turned things for Maquette: a generator, two operations, a check, a format, two channels and a recipe."""
