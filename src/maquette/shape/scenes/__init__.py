"""Models put together into scenes."""
