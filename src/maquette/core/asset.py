"""Asset: the one rich model everything else is derived from. Material: how its surface looks."""

from __future__ import annotations

from dataclasses import field
from typing import Any, Literal, Self, get_args

import numpy as np
from numpy.typing import NDArray

from maquette.core.arrays import Floats
from maquette.core.camera import Camera
from maquette.core.channels import CHANNELS
from maquette.core.errors import BadInput
from maquette.core.history import Step
from maquette.core.mesh import Mesh
from maquette.core.notes import worst_first
from maquette.core.skeleton import JOINTS, SKIN, Skeleton
from maquette.core.subject import Subject
from maquette.core.values import LATER, Value, frozen_array, noun

Wrap = Literal["repeat", "mirror", "clamp", "none"]
_MEDIA_TYPES = ((b"\x89PNG\r\n\x1a\n", "image/png"), (b"\xff\xd8\xff", "image/jpeg"), (b"RIFF", "image/webp"))


@noun
class Texture(Value):
    """An encoded picture (PNG, JPEG or WebP), kept as the bytes it came in until somebody edits it.

    ``wrap`` says what lies beyond its edges, along u and along v: the picture again, its mirror image, its last texels
    on and on, or nothing (which we draw as the last texels). Empty: it repeats both ways.
    """

    data: bytes
    wrap: tuple[Wrap, Wrap] | tuple[()] = field(default=(), metadata=LATER)

    def __post_init__(self) -> None:
        if self.wrap and (len(self.wrap) != 2 or not set(self.wrap) <= set(get_args(Wrap))):
            raise BadInput(f"texture: wrap {self.wrap!r}: two of {', '.join(get_args(Wrap))} are needed")
        if tuple(self.wrap) == ("repeat", "repeat"):
            object.__setattr__(self, "wrap", ())
        if not self.media_type:
            raise BadInput(f"texture: starts with {self.data[:8]!r}, which is no PNG, JPEG or WebP; convert it first")

    def __repr__(self) -> str:
        return f"Texture({self.media_type}, {len(self.data)} bytes)"

    @property
    def media_type(self) -> str:
        """``image/png``, ``image/jpeg`` or ``image/webp``, read off the bytes."""
        return next((name for magic, name in _MEDIA_TYPES if self.data.startswith(magic)), "")

    @property
    def suffix(self) -> str:
        """The file ending that goes with it."""
        return {"image/png": ".png", "image/jpeg": ".jpg", "image/webp": ".webp"}[self.media_type]


@noun
class Material(Value):
    """Metallic-roughness PBR as in glTF 2.0 §3.9: factors times textures, colour factors linear, textures sRGB.

    ``orm`` packs occlusion, roughness and metallic in red, green and blue. ``clearcoat`` is how much of a layer of
    clear lacquer lies over all that (KHR_materials_clearcoat); ``transmission`` the share of light that goes through
    as through glass (KHR_materials_transmission), bent by the index of refraction ``ior``; 0 is the usual 1.5.
    """

    name: str = "material"
    base_color: tuple[float, float, float, float] = (1.0, 1.0, 1.0, 1.0)
    base_color_texture: Texture | None = None
    metallic: float = 0.0
    roughness: float = 0.8
    orm_texture: Texture | None = None
    normal_texture: Texture | None = None
    emissive: tuple[float, float, float] = (0.0, 0.0, 0.0)
    emissive_texture: Texture | None = None
    alpha_mode: Literal["opaque", "mask", "blend"] = "opaque"
    double_sided: bool = False
    clearcoat: float = field(default=0.0, metadata=LATER)
    clearcoat_roughness: float = field(default=0.0, metadata=LATER)
    transmission: float = field(default=0.0, metadata=LATER)
    ior: float = field(default=0.0, metadata=LATER)

    def __post_init__(self) -> None:
        layers = (self.clearcoat, self.clearcoat_roughness, self.transmission)
        factors = (*self.base_color, *self.emissive, self.metallic, self.roughness, *layers)
        if self.ior and not 1 <= self.ior <= 4:
            raise BadInput(f"material {self.name!r}: index of refraction {self.ior:g}; 1 to 4 is possible, 0 is usual")
        if len(self.base_color) != 4 or len(self.emissive) != 3 or not all(0 <= f <= 1 for f in factors):
            raise BadInput(f"material {self.name!r}: a factor lies outside 0..1: {factors}")


def with_wrap(picture: Texture | None, wrap: tuple[Wrap, Wrap] | tuple[()]) -> Texture | None:
    """A picture with these edges; itself where it has them."""
    same = picture is None or picture.wrap == (() if tuple(wrap) == ("repeat", "repeat") else wrap)
    return picture if picture is None or same else picture.replace(wrap=wrap)


def textures_of(material: Material) -> dict[str, Texture]:
    """The textures that a material has, by the field that holds them."""
    slots = ("base_color_texture", "orm_texture", "normal_texture", "emissive_texture")
    return {slot: getattr(material, slot) for slot in slots if getattr(material, slot) is not None}


@noun
class Volume(Value):
    """A body that is no material: slicers print other settings inside it, keep supports out, or put them in."""

    name: str
    kind: Literal["modifier", "blocker", "enforcer"]
    mesh: Mesh


@noun
class Asset(Value):
    """A model with its materials and its story, always in millimetres.

    ``sized`` says whether somebody vouches for the scale (a ruler, a user, a file format with a unit). Until then the
    numbers are a guess: a generator makes its frame 100 mm high.

    ``camera`` and ``source`` are the photo's: they let a check lay the model's outline over the photo's mask.
    ``placement`` takes points from where the model was made to where it lies now, None while it was not moved; it
    outlives every change of the surface, so that what was made and what became of it can be laid over each other.
    ``skeleton`` bends it, by the channels ``joints`` and ``weights`` of its mesh.
    ``volumes`` are what a slicer's project knew besides the model; they move along and go back into 3MF.
    """

    mesh: Mesh
    materials: tuple[Material, ...] = ()
    part_names: tuple[str, ...] = ()
    sized: bool = False
    title: str = ""
    camera: Camera | None = None
    source: Subject | None = None
    history: tuple[Step, ...] = ()
    volumes: tuple[Volume, ...] = field(default=(), metadata=LATER)
    placement: Floats | None = field(default=None, metadata=LATER)  # (4, 4)
    skeleton: Skeleton | None = field(default=None, metadata=LATER)

    def __post_init__(self) -> None:
        if self.placement is not None:
            object.__setattr__(self, "placement", frozen_array(self.placement, np.float64, (4, 4), "asset: placement"))
        for name, indices in self.mesh.channels.items():
            if tuple_name := CHANNELS[name].counts_in:
                _indices_within(indices, len(getattr(self, tuple_name)), name)
        if self.skeleton is not None and (joints := self.mesh.channel(JOINTS.name)) is not None:
            _indices_within(joints, len(self.skeleton.names), "joint")

    def __repr__(self) -> str:
        x, y, z = self.size
        size = f"{x:.3g} x {y:.3g} x {z:.3g} mm{'' if self.sized else ' by guess'}"
        return f"Asset({len(self.mesh.faces)} faces, {size}, {len(self.materials)} materials)"

    @property
    def notes(self) -> tuple[str, ...]:
        """What readers and stages said on the way (``read-obj: left out 3 points``), losses first."""
        return tuple(worst_first(f"{step.stage}: {text}" for step in self.history for text in step.notes))

    @property
    def size(self) -> tuple[float, float, float]:
        """Extent along x, y and z."""
        low, high = self.mesh.bounds
        return float(high[0] - low[0]), float(high[1] - low[1]), float(high[2] - low[2])

    @property
    def seen(self) -> NDArray[np.float32] | None:
        """How far each vertex was seen in the photo, (V,) 0..1; it rides on the mesh."""
        return self.mesh.seen

    def with_mesh(self, mesh: Mesh) -> Self:
        """The same asset around another mesh."""
        return self.replace(mesh=mesh)

    def without_skeleton(self) -> Self:
        """The same asset as it stands, without skeleton, joints and weights."""
        return self.replace(mesh=self.mesh.replace(**dict.fromkeys(SKIN)), skeleton=None)

    def moved(self, *, rotation: Any = None, scale: float = 1.0, offset: Any = (0.0, 0.0, 0.0)) -> Self:
        """Rotate (3, 3), then scale, then shift; camera and placement go along, so both still tell the truth."""
        turn: Floats = np.eye(3) if rotation is None else np.asarray(rotation, dtype=np.float64)
        shift = np.asarray(offset, dtype=np.float64)
        camera = None if self.camera is None else self.camera.moved(turn, scale, shift)
        volumes = tuple(volume.replace(mesh=volume.mesh.moved(turn, scale, shift)) for volume in self.volumes)
        step = np.eye(4)
        step[:3, :3], step[:3, 3] = scale * turn, shift
        placement = step if self.placement is None else step @ self.placement
        mesh = self.mesh.moved(turn, scale, shift)
        bones = None if self.skeleton is None else self.skeleton.moved(turn, scale, shift)
        return self.replace(mesh=mesh, camera=camera, placement=placement, volumes=volumes, skeleton=bones)


def _indices_within(indices: NDArray[Any], count: int, what: str) -> None:
    """Every face's index names something that exists."""
    if len(indices) and (indices.min() < 0 or indices.max() >= count):
        raise BadInput(f"asset: a face names {what} {indices.max()} of {count}; the file is damaged")
