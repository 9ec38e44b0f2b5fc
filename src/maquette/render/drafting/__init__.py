"""Technical drawings: orthographic views to scale, visible and hidden lines, dimensions, a title block."""
