"""Skeletons fitted into models, their weights, and what moves them."""
