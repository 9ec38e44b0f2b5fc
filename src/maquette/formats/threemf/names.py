"""The words of 3MF: namespaces, relationships and fixed names (3MF Core 1.3, Materials 1.2, Production 1.1)."""

CORE = "http://schemas.microsoft.com/3dmanufacturing/core/2015/02"
DRAFT = "http://schemas.microsoft.com/3dmanufacturing/2013/01"  # 0.93, before the consortium
CURA = "http://software.ultimaker.com/xml/cura/3mf/2015/10"
MATERIAL = "http://schemas.microsoft.com/3dmanufacturing/material/2015/02"
PRODUCTION = "http://schemas.microsoft.com/3dmanufacturing/production/2015/06"
TRIANGLE_SETS = "http://schemas.microsoft.com/3dmanufacturing/trianglesets/2021/07"
OURS = "urn:maquette"  # prefix of our own metadata
PRUSA = "http://schemas.slic3r.org/3mf/2017/06"  # PrusaSlicer's attributes
RELATIONSHIPS = "http://schemas.openxmlformats.org/package/2006/relationships"
CONTENT_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"

START_PART = "http://schemas.microsoft.com/3dmanufacturing/2013/01/3dmodel"
TEXTURE_PART = "http://schemas.microsoft.com/3dmanufacturing/2013/01/3dtexture"
# Bambu Studio and OrcaSlicer open the first relationship whose type begins and ends like START_PART (bbs_3mf.cpp);
# a reader that goes by the standard looks for START_PART itself.
BAMBU_PART = "http://schemas.microsoft.com/3dmanufacturing/maquette/painted/3dmodel"
THUMBNAIL_PART = "http://schemas.openxmlformats.org/package/2006/relationships/metadata/thumbnail"

MODEL_PATH = "3D/3dmodel.model"
BAMBU_PATH = "Metadata/painted.xml"  # not *.model: PrusaSlicer would build that too
TEXTURE_FOLDER = "3D/Textures/"
THUMBNAIL_PATH = "Metadata/thumbnail.png"

MILLIMETRES = {"micron": 0.001, "millimeter": 1.0, "centimeter": 10.0, "inch": 25.4, "foot": 304.8, "meter": 1000.0}
