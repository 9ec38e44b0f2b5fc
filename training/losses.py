"""What the network is scored on while it learns. Every loss is a mean over what is known of the examples."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from maquette.generate.guess.input import NEAREST


def volume_targets(grids: Tensor, matrix: Tensor, offset: Tensor, eye: Tensor, bins: int, side: int) -> Tensor:
    """Signed distance in half pictures at the volume's places, (B, Z, V, V).

    grids (B, N, N, N): `training.solids` in object coordinates, scaled so that 1 is a half picture; matrix (B, 3, 3)
    and offset (B, 3) take the camera's points to the grid's -1..1; eye (B,) is the eye's distance.
    """
    axis = (torch.arange(side, device=grids.device) + 0.5) * (2 / side) - 1
    depth = (torch.arange(bins, device=grids.device) + 0.5) * (2 / bins) + NEAREST
    z, v, u = torch.meshgrid(depth, axis, axis, indexing="ij")
    spread = 1 + z / eye.view(-1, 1, 1, 1)
    points = torch.stack([u * spread, v * spread, z.expand_as(spread)], dim=-1)
    places = torch.einsum("bzvuc,bdc->bzvud", points, matrix) + offset.view(-1, 1, 1, 1, 3)
    found = functional.grid_sample(
        grids[:, None], places.flip(-1).to(grids.dtype), padding_mode="border", align_corners=False
    )
    return found[:, 0]


def losses(said: dict[str, Tensor], known: dict[str, Tensor], distance: Tensor) -> dict[str, Tensor]:
    """Each part of the loss, weighted, by name."""
    mask = known["mask"]
    area = mask.sum().clamp(min=1)

    def over(plane: Tensor) -> Tensor:
        return (plane * mask).sum() / area

    made = {}
    for number, name in enumerate(("front", "back")):
        error = (said[name] - known[name]).abs()
        doubt = said["doubt"][:, number : number + 1].clamp(-5, 2)
        made[name] = over(error) * 4 + 0.2 * over(error.detach() * torch.exp(-doubt) + doubt)
    made["normal"] = 1.0 * over(1 - (said["normal"] * known["normal"]).sum(1, keepdim=True))
    made["slope"] = 0.3 * _slope_loss(said["front"], known["normal"], mask)
    made["albedo"] = 0.6 * over((said["albedo"] - known["albedo"]).abs())
    made["back_albedo"] = 0.4 * over((said["back_albedo"] - known["back_albedo"]).abs())
    made["mask"] = 0.2 * functional.binary_cross_entropy_with_logits(said["mask"], mask)
    made["volume"] = 2.0 * _volume_loss(said["volume"], distance, mask)
    up = known["frame"][:, :3]
    upright = (up.abs().sum(1) > 0).to(mask.dtype)
    turned = 1 - (functional.normalize(said["frame"][:, :3], dim=1) * up).sum(1)
    made["frame"] = 1.0 * (turned * upright).mean() + 0.05 * (said["frame"][:, 3] - known["frame"][:, 3]).abs().mean()
    return made


def _volume_loss(logit: Tensor, distance: Tensor, mask: Tensor) -> Tensor:
    """Cross-entropy with soft occupancy, four times as heavy near the surface, a tenth beside the silhouette."""
    bins = logit.shape[1]
    cell = 2 / bins
    target = torch.sigmoid(-distance / cell)
    inside = functional.max_pool2d(mask, mask.shape[-1] // logit.shape[-1])
    weight = (1 + 3 * (distance.abs() < 2 * cell).to(logit.dtype)) * (0.1 + 0.9 * inside)
    return (functional.binary_cross_entropy_with_logits(logit, target, reduction="none") * weight).sum() / weight.sum()


def _slope_loss(front: Tensor, normal: Tensor, mask: Tensor) -> Tensor:
    """1 - cos between the true normals and those of the depth map, away from edges."""
    step = 2 / front.shape[-1]
    right = (front[..., 1:-1, 2:] - front[..., 1:-1, :-2]) / (2 * step)
    down = (front[..., 2:, 1:-1] - front[..., :-2, 1:-1]) / (2 * step)
    facing = functional.normalize(torch.cat([right, down, -torch.ones_like(right)], dim=1), dim=1)
    inner = -functional.max_pool2d(-mask, 3, stride=1)
    normal = normal[..., 1:-1, 1:-1]
    weight = inner * (normal[:, 2:3] < -0.2)
    error = 1 - (facing * normal).sum(1, keepdim=True)
    return (error * weight).sum() / weight.sum().clamp(min=1)
