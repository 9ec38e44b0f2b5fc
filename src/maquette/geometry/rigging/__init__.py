"""What a body is made of inside: its middle lines, its limbs, and how its surface follows them."""
