"""3MF packages written by hand, for tests of the reader."""

from __future__ import annotations

import io
import zipfile

import shapes
from maquette.core.mesh import Mesh

CORE = "http://schemas.microsoft.com/3dmanufacturing/core/2015/02"
MATERIAL = "http://schemas.microsoft.com/3dmanufacturing/material/2015/02"
PRODUCTION = "http://schemas.microsoft.com/3dmanufacturing/production/2015/06"
START = "http://schemas.microsoft.com/3dmanufacturing/2013/01/3dmodel"
RELATIONS = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    f'<Relationship Target="/3D/3dmodel.model" Id="r" Type="{START}"/></Relationships>'
)


def wrap_model(body: str, **attributes: str) -> str:
    """A model part around resources and build."""
    more = "".join(f' {name}="{value}"' for name, value in attributes.items())
    return f'<model xmlns="{CORE}" xmlns:m="{MATERIAL}" xmlns:p="{PRODUCTION}"{more}>{body}</model>'


def mesh_xml(mesh: Mesh, paint=None) -> str:
    paint = paint or [""] * len(mesh.faces)
    vertices = "".join(f'<vertex x="{x!r}" y="{y!r}" z="{z!r}"/>' for x, y, z in mesh.vertices.tolist())
    triangles = "".join(
        f'<triangle v1="{a}" v2="{b}" v3="{c}" {p}/>' for (a, b, c), p in zip(mesh.faces.tolist(), paint, strict=True)
    )
    return f"<mesh><vertices>{vertices}</vertices><triangles>{triangles}</triangles></mesh>"


def simple(paint=None, resources="", items='<item objectid="1"/>', mesh=None, object_more="", **attributes) -> str:
    content = f'{resources}<object id="1" {object_more}>{mesh_xml(mesh or shapes.box(), paint)}</object>'
    return wrap_model(f"<resources>{content}</resources><build>{items}</build>", **attributes)


def zip_model(model: str | bytes, extra=None, relations=RELATIONS) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("_rels/.rels", relations)
        package.writestr("3D/3dmodel.model", model)
        for name, data in (extra or {}).items():
            package.writestr(name, data)
    return out.getvalue()
