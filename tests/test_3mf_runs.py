"""Long lists of a 3MF are read at once, and whatever is not exactly a list of like rows is read as it always was."""

from __future__ import annotations

import numpy as np
import pytest

import shapes
from maquette.core.errors import BadInput
from maquette.core.files import Files
from maquette.formats.threemf.model import _Parser, model
from maquette.formats.threemf.read import read_3mf
from maquette.formats.threemf.runs import Run, cut
from threemf_files import CORE, simple, zip_model

BALL = shapes.sphere(10.0, 4)  # 2,048 faces: lists of over 60 KB


def both(text: str):
    """The document read at once and row by row: what every object holds, or what is said against it."""
    made = []
    for parse in (lambda: model([text.encode()], "x"), lambda: _Parser("x").parse([text.encode()])):
        try:
            objects = parse().objects
            made.append({n: (o.positions.tolist(), o.corners.tolist(), o.paint.tolist()) for n, o in objects.items()})
        except BadInput as problem:
            made.append(str(problem))
    return made


def lists_at_once(text: str) -> list[bool]:
    """Which lists are read at once."""
    return [isinstance(run, Run) for run in cut(text.encode())[1]]


def rows(mesh=BALL, vertex='<vertex x="{!r}" y="{!r}" z="{!r}"/>', triangle=None, between="", more="") -> str:
    triangle = triangle or '<triangle v1="{}" v2="{}" v3="{}"{}/>'
    points = between.join(vertex.format(*point) for point in mesh.vertices.tolist())
    faces = between.join(triangle.format(*face, more) for face in mesh.faces.tolist())
    mesh_xml = f"<mesh><vertices>{between}{points}{between}</vertices>"
    mesh_xml += f"<triangles>{between}{faces}{between}</triangles></mesh>"
    return f'<model xmlns="{CORE}"><resources><object id="1">{mesh_xml}</object></resources><build/></model>'


REGULAR = {
    "in a row": rows(),
    "on lines": rows(between="\n"),
    "indented": rows(between="\r\n\t\t  "),
    "with a space before the end": rows(vertex='<vertex x="{!r}" y="{!r}" z="{!r}" />', between="\n"),
    "with exponents": rows(vertex='<vertex x="{:e}" y="{:.3E}" z="{:+.2f}"/>', between="\n"),
    "with one color each": rows(more=' pid="7" p1="3"', between="\n"),
    "with three colors each": rows(more=' pid="7" p1="3" p2="4" p3="5"', between="\n"),
}


@pytest.mark.parametrize("text", REGULAR.values(), ids=REGULAR)
def test_lists_of_like_rows_are_read_at_once_to_the_same_numbers(text):
    assert lists_at_once(text) == [True, True]
    fast, slow = both(text)
    assert fast == slow
    assert len(fast[1][1]) == 3 * len(BALL.faces)


def replace_text(old: str, new: str, count=1) -> str:
    text = rows(between="\n")
    assert old in text
    return text.replace(old, new, count)


FACE = '<triangle v1="{}" v2="{}" v3="{}"/>'.format(*BALL.faces[1000].tolist())
A, B, C = BALL.faces[1000].tolist()
ODD = {
    "corners in another order": replace_text(FACE, f'<triangle v2="{B}" v1="{A}" v3="{C}"/>'),
    "a painted triangle": replace_text(FACE, FACE.replace("/>", ' paint_color="4"/>')),
    "a color on one": replace_text(FACE, FACE.replace("/>", ' pid="1" p1="0"/>')),
    "an entity for a digit": replace_text(FACE, FACE.replace(f'"{A}"', f'"&#{ord(str(A)[0])};{str(A)[1:]}"')),
    "single quotes": replace_text(FACE, FACE.replace('"', "'")),
    "an open element": replace_text(FACE, FACE.replace("/>", "></triangle>")),
    "a comment": replace_text(FACE, f"<!-- {FACE} -->{FACE}"),
    "a comment around a list": replace_text("<vertices>", "<!-- <vertices>1</vertices> --><vertices>"),
    "a section": replace_text(FACE, f"<![CDATA[{FACE}]]>{FACE}"),
    "an instruction": replace_text("<mesh>", "<?x <vertices></vertices> ?><mesh>"),
    "an instruction with a list": replace_text("<mesh>", f"<?x <vertices>{'<vertex x=1/>' * 600}</vertices> ?><mesh>"),
    "text between": replace_text(FACE, FACE + "5 apples"),
    "digits between": replace_text(FACE, FACE + "5"),
    "space in a number": replace_text(FACE, FACE.replace(f'"{A}"', f'" {A}"')),
    "another element between": replace_text(FACE, FACE + "<other/>"),
    "another namespace": rows(between="\n").replace("<vertices>", '<vertices xmlns="urn:x">', 1),
    "all in another namespace": rows(between="\n").replace(f'xmlns="{CORE}"', 'xmlns="urn:x"'),
    "two lists": replace_text("<triangles>", '<triangles><triangle v1="0" v2="1" v3="2"/></triangles><triangles>'),
    "an encoding": '<?xml version="1.0" encoding="ISO-8859-1"?>' + rows(between="\n"),
    "a sign": replace_text(FACE, FACE.replace(f'"{A}"', f'"+{A}"')),
    # refused
    "a digit in a name": replace_text(FACE, FACE.replace("triangle", "tri4angle")),
    "a digit in an attribute": replace_text(FACE, FACE.replace("v1", "v11")),
    "a corner missing": replace_text(FACE, FACE.replace(f' v3="{C}"', "")),
    "an empty number": replace_text(FACE, FACE.replace(f'"{A}"', '""')),
    "a number for two": replace_text(FACE, FACE.replace(f'"{A}"', '""').replace(f'"{B}"', f'"{A} {B}"')),
    "no number": replace_text(FACE, FACE.replace(f'"{A}"', '"1-2"')),
    "a fraction": replace_text(FACE, FACE.replace(f'"{A}"', '"1.5"')),
    "a huge number": replace_text(FACE, FACE.replace(f'"{A}"', f'"{"9" * 30}"')),
    "a space in a tag": replace_text(FACE, FACE.replace("<triangle", "< triangle")),
    "no end": rows(between="\n").split("</triangles>")[0],
    "two points": rows(vertex='<vertex x="{!r}" y="{!r}" z="{!r}"/>').replace('x="0.0"', 'x="0.0.0"', 1),
    "no exponent": rows(vertex='<vertex x="{:e}" y="{!r}" z="{!r}"/>').replace("e+00", "e", 1),
    "an exponent alone": rows(vertex='<vertex x="{:e}" y="{!r}" z="{!r}"/>').replace('x="', 'x="e', 1),
}


@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
def test_whatever_is_otherwise_is_what_it_always_was(text):
    fast, slow = both(text)
    assert fast == slow


def test_other_encodings_are_what_they_always_were():
    text = '<?xml version="1.0" encoding="UTF-16"?>' + rows()
    assert model([text.encode("utf-16")], "x").objects[1].corners.tolist() == BALL.faces.reshape(-1).tolist()


def test_a_package_of_lists_is_the_ball():
    asset = read_3mf(Files("a.3mf", {"a.3mf": zip_model(simple(mesh=BALL))}))
    assert len(asset.mesh.faces) == len(BALL.faces)
    assert np.array_equal(asset.mesh.triangles, BALL.triangles)


def test_refusals_name_the_line_of_the_whole_document():
    with pytest.raises(BadInput, match=f"line {len(BALL.vertices) + 1003} "):
        model([replace_text(FACE, FACE.replace(f'"{A}"', '"x"')).encode()], "x")
