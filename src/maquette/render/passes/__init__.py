"""What a picture is made of, one quantity a picture: depth, normals, parts, lines."""
