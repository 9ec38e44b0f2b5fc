"""Camera: where a photo was taken from, so that pixels and points find each other."""

from __future__ import annotations

from typing import Literal, Self

import numpy as np

from maquette.core.arrays import Floats
from maquette.core.errors import BadInput
from maquette.core.values import Value, frozen_array, noun


@noun
class Camera(Value):
    """A pinhole or orthographic camera over a picture of any size.

    ``pose`` (4, 4) takes camera coordinates (x right, y down, z into the scene) to the asset's. ``span`` is what the
    picture's height covers: for ``orthographic`` a length in the asset's unit, for ``perspective`` the length at
    depth 1, that is 2·tan(fov/2). ``aspect`` is width over height.
    """

    projection: Literal["orthographic", "perspective"]
    pose: Floats
    span: float
    aspect: float = 1.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "pose", frozen_array(self.pose, np.float64, (4, 4), "camera: pose"))
        if not (self.span > 0 and self.aspect > 0):
            raise BadInput(f"camera: span {self.span} and aspect {self.aspect} must be above 0")

    @classmethod
    def looking(
        cls,
        toward: tuple[float, float, float],
        target: tuple[float, float, float] = (0.0, 0.0, 0.0),
        *,
        distance: float,
        span: float,
        projection: Literal["orthographic", "perspective"] = "orthographic",
        aspect: float = 1.0,
    ) -> Camera:
        """A camera that looks along ``toward`` at ``target`` from ``distance`` away, with +Z up in the picture."""
        z = np.asarray(toward, float) / np.linalg.norm(toward)
        up = np.array([0.0, 0.0, 1.0]) if abs(z[2]) < 0.999 else np.array([0.0, 1.0, 0.0])
        x = np.cross(z, up)
        x /= np.linalg.norm(x)
        pose = np.eye(4)
        pose[:3, 0], pose[:3, 1], pose[:3, 2] = x, np.cross(z, x), z
        pose[:3, 3] = np.asarray(target, float) - z * distance
        return cls(projection=projection, pose=pose, span=span, aspect=aspect)

    @property
    def position(self) -> Floats:
        """The eye, (3,)."""
        return self.pose[:3, 3]

    def project(self, points: Floats) -> tuple[Floats, Floats]:
        """Points (N, 3) -> picture coordinates (N, 2), 0..1 from the top left, and depth (N,) along the view."""
        local = (points - self.pose[:3, 3]) @ self.pose[:3, :3]  # rotation: transpose is inverse
        depth = local[:, 2]
        flat = local[:, :2] if self.projection == "orthographic" else local[:, :2] / depth[:, None]
        return flat / (self.span * np.array([self.aspect, 1.0])) + 0.5, depth

    def rays(self, width: int, height: int) -> tuple[Floats, Floats]:
        """One ray through each pixel's centre, row by row: origins (H·W, 3), unit directions (H·W, 3)."""
        u, v = np.meshgrid((np.arange(width) + 0.5) / width - 0.5, (np.arange(height) + 0.5) / height - 0.5)
        flat = np.stack([u.ravel() * self.span * self.aspect, v.ravel() * self.span], axis=1)
        axes = self.pose[:3, :3]
        if self.projection == "orthographic":
            origins = self.position + flat @ axes[:, :2].T
            return origins, np.broadcast_to(axes[:, 2], origins.shape).copy()
        directions = np.concatenate([flat, np.ones((len(flat), 1))], axis=1) @ axes.T
        directions /= np.linalg.norm(directions, axis=1, keepdims=True)
        return np.broadcast_to(self.position, directions.shape).copy(), directions

    def moved(self, rotation: Floats, scale: float, offset: Floats) -> Self:
        """The camera after the asset went through ``x -> scale · rotation · x + offset``: it sees the same picture."""
        pose = self.pose.copy()
        pose[:3, :3] = rotation @ self.pose[:3, :3]
        pose[:3, 3] = scale * (rotation @ self.pose[:3, 3]) + offset
        return self.replace(pose=pose, span=self.span * scale if self.projection == "orthographic" else self.span)
