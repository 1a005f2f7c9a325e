"""A small ray tracer in NumPy: bodies of revolution and boxes seen by one camera.

World units are metres, y points up, the ground is y = 0. Arrays of points, normals and directions are
float32 [n, 3]. A body is traced only in the window of pixels its bounding box covers.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.floating[Any]]
Profile: TypeAlias = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Look:
    """What a material answers for points of a body: colour [n, 3], shine 0 to 1, its sharpness, bumps."""

    albedo: Array
    shine: float | Array = 0.05
    sharpness: float = 20.0
    bump: Array | None = None
    metallic: bool = False


Material: TypeAlias = Callable[[Array, Array], Look]


@dataclass(frozen=True, slots=True)
class Camera:
    """A pinhole camera; `axes` rows are right, up and forward, `focal` is in pixels."""

    width: int
    height: int
    origin: Array
    axes: Array
    focal: float

    @classmethod
    def looking(cls, size: tuple[int, int], origin: Array, target: Array, focal: float) -> "Camera":
        forward = unit(target - origin)
        right = unit(np.cross(np.array([0, 1, 0], np.float32), forward))
        axes = np.stack([right, np.cross(forward, right), forward]).astype(np.float32)
        return cls(*size, origin.astype(np.float32), axes, focal)

    def rays(self, window: tuple[int, int, int, int]) -> Array:
        """Directions [height, width, 3] of unit length through the pixels of a window."""
        left, top, right, bottom = window
        x = (np.arange(left, right, dtype=np.float32) + 0.5 - self.width / 2) / self.focal
        y = (self.height / 2 - 0.5 - np.arange(top, bottom, dtype=np.float32)) / self.focal
        rays = x[None, :, None] * self.axes[0] + y[:, None, None] * self.axes[1] + self.axes[2]
        rays /= np.sqrt(1 + x[None, :] ** 2 + y[:, None] ** 2)[..., None]
        found: Array = rays.astype(np.float32)
        return found

    def project(self, points: Array) -> Array:
        """Pixel positions [n, 2] of world points in front of the camera."""
        seen = (points - self.origin) @ self.axes.T
        depth = np.maximum(seen[:, 2], 1e-3)
        return np.stack(
            [self.width / 2 + self.focal * seen[:, 0] / depth, self.height / 2 - self.focal * seen[:, 1] / depth],
            axis=1,
        ).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Hits:
    """Where rays met a body: flat pixel indices into the window, distances, and local geometry."""

    pixels: NDArray[np.intp]
    distance: Array
    local: Array
    normal: Array


@dataclass(slots=True)
class Body:
    """One traced part. `turn` [3, 3] takes local to world directions, `place` is its local origin."""

    material: Material
    place: Array
    turn: Array = field(default_factory=lambda: np.eye(3, dtype=np.float32))

    def corners(self) -> Array:
        raise NotImplementedError

    def meet(self, origin: Array, rays: Array) -> Hits:
        raise NotImplementedError

    def world(self, local: Array) -> Array:
        return (local @ self.turn.T + self.place).astype(np.float32)

    def window(self, camera: Camera) -> tuple[int, int, int, int]:
        seen = camera.project(self.world(self.corners()))
        low, high = np.floor(seen.min(axis=0)) - 2, np.ceil(seen.max(axis=0)) + 2
        left, top = (int(v) for v in np.clip(low, 0, (camera.width, camera.height)))
        right, bottom = (int(v) for v in np.clip(high, 0, (camera.width, camera.height)))
        return left, top, right, bottom

    def local_rays(self, origin: Array, rays: Array) -> tuple[Array, Array]:
        flat = rays.reshape(-1, 3)
        return (origin - self.place) @ self.turn, (flat @ self.turn).astype(np.float32)


@dataclass(slots=True)
class Lathe(Body):
    """A body of revolution around its local y: `profile` lists (radius, height) from bottom to top."""

    profile: Profile = ()
    smooth: bool = True

    def corners(self) -> Array:
        radius = max(r for r, _ in self.profile)
        low, high = min(y for _, y in self.profile), max(y for _, y in self.profile)
        return np.array(
            [(x, y, z) for x in (-radius, radius) for y in (low, high) for z in (-radius, radius)], np.float32
        )

    def meet(self, origin: Array, rays: Array) -> Hits:
        start, rays = self.local_rays(origin, rays)
        best = np.full(len(rays), np.inf, np.float32)
        which = np.zeros(len(rays), np.int16)
        across = rays[:, 0] ** 2 + rays[:, 2] ** 2
        along = start[0] * rays[:, 0] + start[2] * rays[:, 2]
        for number, (low, high) in enumerate(zip(self.profile[:-1], self.profile[1:], strict=True)):
            found = _meet_slice(start, rays, across, along, low=low, high=high)
            closer = found < best
            best[closer] = found[closer]
            which[closer] = number
        pixels = np.flatnonzero(np.isfinite(best))
        local = start + rays[pixels] * best[pixels, None]
        normal = self._normals(local, which[pixels])
        back = (normal * rays[pixels]).sum(axis=1) > 0
        normal[back] *= -1
        return Hits(pixels, best[pixels], local.astype(np.float32), normal)

    def _normals(self, local: Array, which: NDArray[np.int16]) -> Array:
        points = np.array(self.profile, np.float32)
        steps = np.diff(points, axis=0)
        slants = unit(np.stack([steps[:, 1], -steps[:, 0]], axis=1))
        slant = slants[which]
        if self.smooth:
            corner = unit(np.vstack([slants[:1], slants[:-1] + slants[1:], slants[-1:]]))
            radius = np.hypot(local[:, 0], local[:, 2])
            passed = np.stack([radius, local[:, 1]], axis=1) - points[which]
            share = (passed * steps[which]).sum(axis=1) / (steps[which] ** 2).sum(axis=1).clip(1e-12)
            share = share.clip(0, 1)[:, None]
            slant = corner[which] * (1 - share) + corner[which + 1] * share
        radius = np.hypot(local[:, 0], local[:, 2]).clip(1e-6)
        normal = np.stack([local[:, 0] / radius * slant[:, 0], slant[:, 1], local[:, 2] / radius * slant[:, 0]], axis=1)
        return unit(normal)


def _meet_slice(
    start: Array, rays: Array, across: Array, along: Array, *, low: tuple[float, float], high: tuple[float, float]
) -> Array:
    """Distance to one slice of a lathe, a truncated cone or a flat ring; infinite where it is missed."""
    (r0, y0), (r1, y1) = low, high
    if abs(y1 - y0) < 1e-9:
        distance = (y0 - start[1]) / np.where(rays[:, 1] == 0, 1e-9, rays[:, 1])
        radius = np.hypot(start[0] + rays[:, 0] * distance, start[2] + rays[:, 2] * distance)
        inside = (distance > 0) & (radius >= min(r0, r1)) & (radius <= max(r0, r1))
        return np.where(inside, distance, np.inf).astype(np.float32)
    slope = (r1 - r0) / (y1 - y0)
    here = r0 + slope * (start[1] - y0)
    a = across - slope * slope * rays[:, 1] ** 2
    b = along - slope * here * rays[:, 1]
    c = start[0] ** 2 + start[2] ** 2 - here * here
    inner = b * b - a * c
    root = np.sqrt(np.maximum(inner, 0))
    a = np.where(np.abs(a) < 1e-9, 1e-9, a)
    best = np.full(len(rays), np.inf, np.float32)
    for distance in ((-b - root) / a, (-b + root) / a):
        y = start[1] + rays[:, 1] * distance
        good = (inner >= 0) & (distance > 0) & (y >= min(y0, y1) - 1e-6) & (y <= max(y0, y1) + 1e-6) & (distance < best)
        good &= here + slope * rays[:, 1] * distance >= 0
        best[good] = distance[good]
    return best


@dataclass(slots=True)
class Block(Body):
    """A box with its local origin in the middle of its bottom; `half` is half of its x and z sides."""

    half: tuple[float, float] = (0.5, 0.5)
    tall: float = 1.0

    def corners(self) -> Array:
        x, z = self.half
        return np.array([(i * x, y, k * z) for i in (-1, 1) for y in (0, self.tall) for k in (-1, 1)], np.float32)

    def meet(self, origin: Array, rays: Array) -> Hits:
        start, rays = self.local_rays(origin, rays)
        rays = np.where(rays == 0, np.float32(1e-9), rays)
        low = np.array([-self.half[0], 0, -self.half[1]], np.float32)
        high = np.array([self.half[0], self.tall, self.half[1]], np.float32)
        one, two = (low - start) / rays, (high - start) / rays
        enter, leave = np.minimum(one, two), np.maximum(one, two)
        side = enter.argmax(axis=1)
        near = enter.max(axis=1)
        pixels = np.flatnonzero((near < leave.min(axis=1)) & (near > 0))
        side, distance = side[pixels], near[pixels]
        normal = np.zeros((len(pixels), 3), np.float32)
        rows = np.arange(len(pixels))
        normal[rows, side] = -np.sign(rays[pixels, side])
        local = start + rays[pixels] * distance[:, None]
        return Hits(pixels, distance.astype(np.float32), local.astype(np.float32), normal)


def unit(vectors: Array) -> Array:
    """Scale vectors [..., 3] to length 1."""
    length = np.sqrt((vectors * vectors).sum(axis=-1, keepdims=True))
    scaled: Array = (vectors / np.maximum(length, 1e-9)).astype(np.float32)
    return scaled


def turned(yaw: float, pitch: float = 0.0, roll: float = 0.0) -> Array:
    """Rotation matrix: roll about z, then pitch about x, then yaw about y, in radians."""
    (cy, sy), (cp, sp), (cr, sr) = ((np.cos(angle), np.sin(angle)) for angle in (yaw, pitch, roll))
    about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    about_x = np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])
    about_z = np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
    rotation: Array = (about_y @ about_x @ about_z).astype(np.float32)
    return rotation
