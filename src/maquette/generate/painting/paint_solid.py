"""Paint solid: a plan as the solid that is printed, wearing the picture that it will show."""

from __future__ import annotations

import numpy as np

from maquette.core.asset import Asset
from maquette.core.mesh import Mesh
from maquette.core.painting import PaintPlan
from maquette.core.progress import note
from maquette.core.subject import Subject
from maquette.generate.flat.tones import plate_camera
from maquette.generate.photo_texture import photo_material, projected_uv
from maquette.geometry.look.oklab import srgb_of
from maquette.geometry.painting.looks import cell_light
from maquette.geometry.painting.solids import plan_solid
from maquette.registry import stage


@stage
def paint_solid(plan: PaintPlan) -> Asset:
    """Turn a plan into its solid: every cell a column of its layers, on the bed, the picture's top toward +Y.

    It is closed by construction and wears the expected picture as its colour, so that viewers show what printing gives.
    Where cells would touch along an edge only, the lower one is cut to its neighbours.
    """
    vertices, faces = plan_solid(plan)
    shown = Subject(srgb_of(cell_light(plan, plan.light)), title=plan.title)
    camera = plate_camera(shown, plan.cells.shape[1] * plan.cell_mm)
    mesh = Mesh(
        vertices,
        faces,
        uv=projected_uv(camera, vertices, faces),
        material=np.zeros(len(faces), np.int32),
        seen=(vertices[:, 2] > 0).astype(np.float32),
    )
    note(f"{len(faces):,} triangles over {plan.cells.size:,} cells")
    return Asset(mesh, (photo_material(shown.pixels),), sized=True, title=plan.title, camera=camera, source=shown)
