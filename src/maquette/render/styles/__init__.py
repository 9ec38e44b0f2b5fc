"""Looks: the same model, the same camera, drawn as clay, glass, ink, blocks and more. Nothing of it drifts."""
