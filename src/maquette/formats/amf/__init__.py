"""AMF, the Additive Manufacturing File Format (ISO/ASTM 52915)."""
