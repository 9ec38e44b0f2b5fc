"""Models taken apart into parts with names."""
