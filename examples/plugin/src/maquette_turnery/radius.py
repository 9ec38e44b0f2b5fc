"""A channel of our own: how far the lathe's cutter stood from the axis, on every vertex.

One row says all there is to say of it. From here on it is carried through mending, cutting and thinning, and written
into files that hold it, without another line.
"""

from __future__ import annotations

from maquette.core.channels import Channel, declare

RADIUS = declare(Channel("radius", "vertex", "f4"))
