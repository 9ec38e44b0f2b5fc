"""A surface taken apart into what people would call its parts."""
