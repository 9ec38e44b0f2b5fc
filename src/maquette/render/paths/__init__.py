"""Light followed along its paths: soft shadows, reflections, glass, and what a camera makes of it."""
