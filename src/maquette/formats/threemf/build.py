"""What a 3MF builds: items and components followed down to meshes, placed, cut and sorted into what is solid.

Slicers decide in files of their own which volumes are material (`slicer_metadata`): negative ones are cut away here,
modifiers, blockers and enforcers are no material and are kept apart.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from maquette.core.arrays import Ints
from maquette.core.errors import BadInput
from maquette.core.mesh import Mesh
from maquette.core.progress import note, progress
from maquette.formats.pieces import Coat, Piece, Role, carve_piece, move_piece, only, product
from maquette.formats.positions import usable
from maquette.formats.threemf.colors import Palette
from maquette.formats.threemf.filaments import divide_painted, palette_of
from maquette.formats.threemf.model import Model, Object, Use, model
from maquette.formats.threemf.package import Package, part_name
from maquette.formats.threemf.slicer_metadata import CURA_ROLES, told_by_slicers
from maquette.formats.xml import declare_prefixes
from maquette.geometry.welding import twins

DEEPEST = 32  # components in components
MOST_SHOWN = 10_000  # objects in the build, copies counted
FREE_FACES = 2_000_000  # faces that a file may unfold to beyond what its own size explains
KIND = "maquette:kind"  # metadata of objects that are no material, in files of ours


@dataclass
class Build:
    """Follows items and components down to meshes and collects them."""

    package: Package
    pieces: list[Piece] = field(default_factory=list)
    _models: dict[str, Model] = field(default_factory=dict)
    _ready: dict[tuple[str, int, int], list[Piece]] = field(default_factory=dict)
    _visits: int = 0
    _faces: int = 0
    _collapsed: int = 0
    _supports: int = 0

    def __post_init__(self) -> None:
        self.palette = Palette(self.package, palette_of(self.package))
        self.told = told_by_slicers(self.package)

    def model(self, path: str) -> Model:
        """A model part, parsed once."""
        if path not in self._models:
            progress(0.1, f"part {path[:60]}")
            self._models[path] = self._parse_part(path)
        return self._models[path]

    def _parse_part(self, path: str) -> Model:
        """A model part; prefixes that it forgets to declare are given a name, so that what bears them is left out."""
        try:
            return model(self.package.pieces(path), path)
        except BadInput as problem:
            if "unbound prefix" not in str(problem):
                raise
        part = model(declare_prefixes(self.package.data(path)), path)
        note("prefixes that are not declared are left out with what they name; export the file again")
        return part

    def place(self, path: str, item: Use, number: int) -> None:
        """Everything below a build item, in the order of the file, with its negative volumes cut away."""
        pieces = list(self._below(path, item, number))
        holes = [piece for piece in pieces if piece.role == "negative"]
        for piece in pieces:
            if piece.role == "solid" and holes:
                piece = carve_piece(piece, holes)  # noqa: PLW2901
            if piece.role != "negative" and len(piece.faces):
                self.pieces.append(piece)

    def _below(self, path: str, item: Use, number: int) -> Iterator[Piece]:
        top = item.object
        stack = [(path, item, np.eye(4)[:, :3], "", 0, frozenset[tuple[str, int]]())]
        while stack:
            path, use, above, name, depth, over = stack.pop()
            self._visits += 1
            unit = self.model(path).unit_mm
            path = part_name(use.path) if use.path else path
            thing = self.model(path).objects.get(use.object)
            if thing is None:
                raise BadInput(f"read-3mf: object {use.object} is not in {path[:60]!r}; the file is damaged")
            if (path, use.object) in over:
                raise BadInput(f"read-3mf: object {use.object} of {path[:60]!r} contains itself; the file is damaged")
            if depth > DEEPEST or self._visits + len(stack) + len(thing.components) > MOST_SHOWN:
                raise BadInput(f"read-3mf: components nest over {DEEPEST} deep or show over {MOST_SHOWN} objects")
            matrix = product(use.matrix * [[1], [1], [1], [unit]], above)
            name = self.told.part_names.get((top, use.object)) or thing.name or name
            if thing.kind in ("support", "solidsupport"):
                self._supports += 1
                continue
            inside = over | {(path, use.object)}
            stack += [(path, below, matrix, name, depth + 1, inside) for below in reversed(thing.components)]
            if len(thing.corners):
                for piece in self._volumes(path, use.object, top, thing):
                    yield replace(move_piece(piece, matrix), name=piece.name or name, item=number)

    def _volumes(self, path: str, number: int, top: int, thing: Object) -> list[Piece]:
        """An object's volumes where it was drawn; welded and painted once for each filament it is printed with."""
        self._faces += len(thing.faces)
        if self._faces > FREE_FACES + self.package.size // 4:
            raise BadInput(f"read-3mf: {self.package.size} bytes unfold to over {self._faces} faces; join the copies")
        key = (path, number, self.told.filament(top, number))
        if key not in self._ready:
            self._ready[key] = self._split(number, *self._weld_piece(path, number, top, thing))
        role: Role = self.told.part_roles.get((top, number), "solid")
        for setting, cura in CURA_ROLES.items():
            if thing.told.get(f"cura:{setting}", thing.told.get(setting, "")).strip().lower() in ("true", "1"):
                role = cura
        return self._ready[key] if role == "solid" else [replace(piece, role=role) for piece in self._ready[key]]

    def _split(self, number: int, whole: Piece, origin: Ints) -> list[Piece]:
        """The parts that PrusaSlicer gave another role than the rest; ``origin`` (F,) are faces as in the file."""
        special = [special_range for special_range in self.told.ranges.get(number, []) if special_range.role != "solid"]
        if not special:
            return [whole]
        pieces, left = [], np.ones(len(whole.faces), bool)
        for special_range in special:
            inside = (origin >= special_range.first) & (origin <= special_range.last)
            left &= ~inside
            pieces.append(replace(only(whole, inside), role=special_range.role, name=special_range.name))
        return [piece for piece in [only(whole, left), *pieces] if len(piece.faces)]

    def _weld_piece(self, path: str, number: int, top: int, thing: Object) -> tuple[Piece, Ints]:
        """Vertices at one position are one, collapsed triangles go, what slicers painted becomes materials."""
        three = np.full(len(thing.faces), 3)
        vertices, sound = usable(thing.vertices, thing.faces.reshape(-1), three, "read-3mf")
        keep = np.ones(len(thing.faces), bool) if sound is None else sound
        coat = self.palette.coat(path, self._models[path], thing)
        origin = np.flatnonzero(keep)
        mesh = Mesh(vertices * self._models[path].unit_mm, thing.faces[keep])
        merged = mesh.renumbered(*twins(mesh.vertices))
        whole = (merged.faces != np.roll(merged.faces, 1, axis=1)).all(axis=1)
        self._collapsed += int((~whole).sum())
        merged, origin = merged.keep_faces(whole), origin[whole]
        coat = Coat(coat.material[origin], coat.uv[origin], coat.color[origin])
        filament = self.told.of_faces(top, number, len(thing.faces))[origin]
        if coat.bare and (thing.codes or filament.any()):
            place = {int(face): row for row, face in enumerate(origin.tolist())} if thing.codes else {}
            codes = {place[face]: text for face, text in thing.codes.items() if face in place}
            merged, painted, row = divide_painted(merged, codes, FREE_FACES + self.package.size // 4)
            coat = self.palette.filament_coat(np.where(painted > 0, painted, filament[row]))
            origin = origin[row]
        return Piece(merged.vertices, merged.faces, coat), origin

    def kept_apart(self, path: str) -> list[Piece]:
        """Objects that files of ours keep beside the build: modifiers, blockers and enforcers."""
        result = []
        for number, thing in self.model(path).objects.items():
            role = thing.told.get(KIND, "")
            if role in ("modifier", "blocker", "enforcer") and len(thing.corners):
                piece, _ = self._weld_piece(path, number, 0, thing)
                result.append(replace(piece, role=role, name=thing.name))  # type: ignore[arg-type]
        return result

    def tell(self) -> None:
        """Say what the file had and the asset has not."""
        unread, grey, doubled = (
            sum(getattr(part, name) for part in self._models.values()) for name in ("unread", "colorless", "doubled")
        )
        for count, what in (
            (self._collapsed, "triangles without area"),
            (self._supports, "support objects"),
            (unread, "composite or multi-property colour groups"),
            (doubled, "groups of colours or textures whose id is taken"),
            (self.palette.astray, "colours of triangles that are not there"),
        ):
            if count:
                note(f"left out {count} {what}")
        if grey:
            note(f"{grey} materials have no displaycolor or color that can be read; they are grey")
        if any(part.draft for part in self._models.values()):
            note("this is 3MF 0.93, the draft of 2013; its geometry is read, its materials are left out")
