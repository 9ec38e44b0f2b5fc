"""COLLADA, the digital asset exchange format (Khronos 1.4.1 and 1.5)."""
