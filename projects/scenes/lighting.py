"""Light: one sun or lamp with soft shadows, a sky, light thrown back by the ground, and reflections."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from projects.scenes.tracing import Array, Look, unit

SHADOW_PIXELS = 640


@dataclass(frozen=True, slots=True)
class Light:
    """`toward` points to the sun; colours are linear RGB [3]; `window` adds a bright soft box indoors."""

    toward: Array
    sun: Array
    sky: Array
    ground: Array
    softness: float = 0.02
    window: float = 0.0


@dataclass(frozen=True, slots=True)
class Blocker:
    """An ellipsoid that stands for a thing when it throws a shadow on others."""

    centre: Array
    radii: Array


def shade(look: Look, normal: Array, point: Array, ray: Array, light: Light, *, sunny: Array, height: float) -> Array:
    """Linear colour [n, 3] of surface points; `sunny` is 0 in full shadow, `height` the thing's in metres."""
    if look.bump is not None:
        normal = unit(normal + look.bump)
    facing = np.clip(normal @ light.toward, 0, None)
    up = normal[:, 1:2] * 0.5 + 0.5
    # Close to the ground a thing sees less sky, and more of what the ground throws back.
    near = np.clip(point[:, 1:2] / max(height, 1e-3) * 1.6 + 0.35, 0.35, 1)
    ambient = light.sky * up * near + light.ground * (1 - up) * 0.7
    diffuse = look.albedo * (light.sun * (facing * sunny)[:, None] + ambient)
    mirror = ray - 2 * (ray * normal).sum(axis=1, keepdims=True) * normal
    grazing = np.clip(1 + (ray * normal).sum(axis=1), 0, 1) ** 4
    shine = np.clip(np.asarray(look.shine) * (1 + 3 * grazing), 0, 1)[:, None] if np.ndim(look.shine) else None
    strength = shine if shine is not None else np.clip(look.shine * (1 + 3 * grazing), 0, 1)[:, None]
    reflected = surroundings(mirror, light) + light.sun * _glint(mirror, light, look.sharpness, sunny)[:, None]
    tint = look.albedo if look.metallic else np.ones_like(look.albedo)
    mixed: Array = (diffuse * (1 - strength * 0.8) + reflected * strength * tint).astype(np.float32)
    return mixed


def _glint(mirror: Array, light: Light, sharpness: float, sunny: Array) -> Array:
    toward = np.clip(mirror @ light.toward, 0, 1)
    glint: Array = (toward**sharpness * sunny * np.sqrt(sharpness) * 0.35).astype(np.float32)
    return glint


def surroundings(direction: Array, light: Light) -> Array:
    """What a mirror would show: ground below, sky above, a bright window to the side when indoors."""
    up = np.clip(direction[:, 1:2] * 3 + 0.5, 0, 1)
    seen = light.ground * (1 - up) + light.sky * (0.7 + 0.6 * np.clip(direction[:, 1:2], 0, 1)) * up
    if light.window:
        side = unit(np.array([light.toward[0], 0.35, -0.6], np.float32))
        right = unit(np.array([-side[2], 0, side[0]], np.float32))
        across, upward = np.abs(direction @ right), np.abs(direction[:, 1] - side[1])
        pane = _step(0.34, 0.28, across) * _step(0.3, 0.24, upward) * (direction @ side > 0)
        cross = 1 - 0.75 * np.maximum(_step(0.035, 0.015, across), _step(0.035, 0.015, upward))
        seen = seen + (pane * cross * light.window)[:, None] * light.sun
    found: Array = seen.astype(np.float32)
    return found


def sunlight(points: Array, light: Light, blockers: Sequence[Blocker]) -> Array:
    """Share of the sun, 0 to 1, that reaches points [n, 3] past other things."""
    share = np.ones(len(points), np.float32)
    for blocker in blockers:
        away = (points - blocker.centre) / blocker.radii
        toward = light.toward / blocker.radii
        along = away @ toward
        gap = np.sqrt(np.maximum((away * away).sum(axis=1) - along * along / (toward @ toward), 0))
        share *= np.where(along < 0, _step(0.75, 1.15, gap), 1)
    return share


def ground_shadow(
    shapes: Sequence[Array], area: tuple[float, float, float, float], blur: float
) -> tuple[Image.Image, Image.Image]:
    """Draw convex outlines given as ground points [n, 2]; `area` is x0, z0, x1, z1 in metres, `blur` too.

    Returns two pictures of the same shadow, a sharper one and a softer one.
    """
    picture = Image.new("L", (SHADOW_PIXELS, SHADOW_PIXELS))
    pen = ImageDraw.Draw(picture)
    scale = SHADOW_PIXELS / np.array([area[2] - area[0], area[3] - area[1]])
    for shape in shapes:
        outline = (hull(shape) - np.array(area[:2])) * scale
        pen.polygon([(float(x), float(y)) for x, y in outline], fill=255)
    radius = blur * float(scale.mean())
    return picture.filter(ImageFilter.GaussianBlur(max(radius * 0.5, 0.7))), picture.filter(
        ImageFilter.GaussianBlur(radius * 2.2)
    )


def hull(points: Array) -> Array:
    """Convex hull of points [n, 2] as an outline [m, 2] (Andrew's monotone chain)."""
    ordered = sorted({(float(x), float(y)) for x, y in points})
    outline: list[tuple[float, float]] = []
    for pass_points in (ordered, ordered[::-1]):
        start = len(outline)
        for x, y in pass_points:
            while len(outline) >= start + 2 and _left_turn(outline[-2], outline[-1], (x, y)) <= 0:
                outline.pop()
            outline.append((x, y))
        outline.pop()
    return np.array(outline, np.float32)


def _left_turn(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def _step(low: float, high: float, value: Array) -> Array:
    """Smooth step from 0 at `low` to 1 at `high`, either of which may be the larger."""
    share = np.clip((value - low) / (high - low), 0, 1)
    smooth: Array = (share * share * (3 - 2 * share)).astype(np.float32)
    return smooth
