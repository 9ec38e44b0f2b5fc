"""FBX 7.4 binary: the format that Unity, Unreal, Blender and 3ds Max exchange."""
