"""Renders one scene: background, ground with shadows, things, then what a lens and a sensor do to it."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from projects.scenes import lighting
from projects.scenes.lighting import Blocker, Light
from projects.scenes.outlines import trace
from projects.scenes.settings import SETTINGS, Ground, Random, Setting
from projects.scenes.staging import Scene, SceneBox, arrange, blocker, camera_for
from projects.scenes.textures import Noise
from projects.scenes.things import Thing
from projects.scenes.tracing import Array, Body, Camera, Lathe

Owners: TypeAlias = NDArray[np.int16]

WIDTH, HEIGHT = 960, 640
OVERSAMPLING = 1.4
LEAST_PIXELS = 120


def render_scene(seed: int, width: int = WIDTH, height: int = HEIGHT) -> Scene:
    """Render the scene of a seed; consecutive seeds go through the kinds of scenes in turn."""
    random = np.random.default_rng(seed)
    setting = SETTINGS[seed % len(SETTINGS)]
    noise = Noise(random)
    light = setting.light(random)
    camera = camera_for(setting, random, round(width * OVERSAMPLING), round(height * OVERSAMPLING))
    things = arrange(setting, random, noise, camera)
    canvas = _surroundings(setting, random, noise, camera, light=light, things=things)
    owner = _draw_things(canvas, camera, light, things)
    image = _develop(canvas, random, (width, height))
    return Scene(image, _boxes(things, owner, width / camera.width, height / camera.height), setting.label)


def encode(image: Image.Image, quality: int = 90) -> bytes:
    """JPEG bytes of a picture."""
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality)
    return out.getvalue()


def _surroundings(
    setting: Setting, random: Random, noise: Noise, camera: Camera, *, light: Light, things: Sequence[Thing]
) -> Array:
    """Background and shaded ground, linear RGB [height, width, 3], out of focus away from the things."""
    far = setting.far * setting.span
    edge = float(camera.project(np.array([[0, 0, far]], np.float32))[0, 1])
    horizon = int(np.clip(round(edge), 0, camera.height - 1))
    canvas = np.zeros((camera.height, camera.width, 3), np.float32)
    rays = camera.rays((0, horizon, camera.width, camera.height)).reshape(-1, 3)
    distance = camera.origin[1] / np.maximum(-rays[:, 1], 1e-4)
    points = camera.origin + rays * distance[:, None]
    ground = setting.ground(random, noise)
    shaded = _shade_ground(setting, ground, points, rays, light=light, things=things)
    canvas[horizon:] = shaded.reshape(camera.height - horizon, camera.width, 3)
    if horizon:
        picture = setting.backdrop(random, noise, camera.width, max(horizon, camera.height // 3))
        upper = np.asarray(picture.crop((0, picture.height - horizon, camera.width, picture.height)), np.float32) / 255
        canvas[:horizon] = upper**2.2 * light.sky.mean() * 1.5
    return _focus(canvas, camera, setting, horizon)


def _shade_ground(
    setting: Setting, ground: Ground, points: Array, rays: Array, *, light: Light, things: Sequence[Thing]
) -> Array:
    x, z = points[:, 0], points[:, 2]
    span = setting.span
    area = (-1.3 * span, -1.1 * span, 1.3 * span, 1.3 * span)
    outlines = [outline for thing in things for body in thing.bodies for outline in _shadow_outlines(body, light)]
    blur = 0.012 * span * light.softness
    sharp, soft = lighting.ground_shadow(outlines, area, blur)
    feet = [_footprint(thing) for thing in things]
    near, wide = lighting.ground_shadow(feet, area, 0.018 * span)
    at = [np.clip((value - low) * (lighting.SHADOW_PIXELS / (high - low)), 0, lighting.SHADOW_PIXELS - 1).astype(np.int32)
          for value, low, high in ((x, area[0], area[2]), (z, area[1], area[3]))]  # fmt: skip
    cast, dim, contact, round_ = (
        np.asarray(picture, np.float32)[at[1], at[0]] / 255 for picture in (sharp, soft, near, wide)
    )
    sunny = 1 - np.clip(0.62 * cast + 0.38 * dim, 0, 1)
    open_ = (1 - 0.45 * contact) * (1 - 0.45 * round_)
    albedo = np.clip(ground(x, z), 0.008, 0.95)
    lit = albedo * (light.sun * (light.toward[1] * sunny)[:, None] + light.sky * open_[:, None])
    grazing = setting.shine * (0.3 + 0.7 * (1 + rays[:, 1]) ** 3) * open_
    shaded: Array = lit + (light.sky * 1.2 + light.sun * light.window * 0.05) * grazing[:, None]
    return shaded


def _shadow_outlines(body: Body, light: Light) -> list[Array]:
    """Points on the ground, [n, 2] each, whose hulls together are the body's shadow."""
    groups = [body.corners()]
    if isinstance(body, Lathe) and max(radius for radius, _ in body.profile) > 0.012:
        angles = np.linspace(0, 2 * np.pi, 14, endpoint=False)
        rings = [np.stack([r * np.cos(angles), np.full(14, y), r * np.sin(angles)], axis=1) for r, y in body.profile]
        groups = [np.concatenate(pair).astype(np.float32) for pair in pairwise(rings)]
    found = []
    for group in groups:
        points = body.world(group)
        fallen = points - light.toward * (np.maximum(points[:, 1:2], 0) / light.toward[1])
        found.append(fallen[:, [0, 2]])
    return found


def _footprint(thing: Thing) -> Array:
    points = np.concatenate([body.world(body.corners()) for body in thing.bodies])
    middle = (points.min(axis=0) + points.max(axis=0))[[0, 2]] / 2
    if thing.label == "Parcel":
        return points[:, [0, 2]]
    angles = np.linspace(0, 2 * np.pi, 20, endpoint=False)
    circle: Array = middle + thing.reach * 0.85 * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    return circle.astype(np.float32)


def _focus(canvas: Array, camera: Camera, setting: Setting, horizon: int) -> Array:
    """Blur the background wholly, and the ground the more the further it is from the middle of the stage."""
    scale = camera.height / 900
    blurred = _blur(canvas, setting.blur * scale)
    rows = np.arange(camera.height, dtype=np.float32)
    middle = float(camera.project(np.zeros((1, 3), np.float32))[0, 1])
    below, above = (rows - middle) / (camera.height - middle), (middle - rows) / max(middle - horizon, 1)
    share = np.clip(np.where(rows > middle, (below - 0.55) * 0.9, (above - 0.35) * 1.5), 0, 1)[:, None, None]
    focused: Array = canvas * (1 - share) + blurred * share
    return focused


def _blur(canvas: Array, radius: float) -> Array:
    """Gaussian blur in a compressed range, so that bright spots stay soft."""
    packed = (np.clip(canvas / (1 + canvas), 0, 1) ** 0.5 * 255).astype(np.uint8)
    soft = np.asarray(Image.fromarray(packed).filter(ImageFilter.GaussianBlur(radius)), np.float32) / 255
    soft = soft**2
    unpacked: Array = (soft / np.maximum(1 - soft, 1e-3)).astype(np.float32)
    return unpacked


@dataclass(slots=True)
class _Film:
    """Linear colour [height, width, 3], distance and owner [height, width] of every pixel."""

    colour: Array
    depth: Array
    owner: Owners


def _draw_things(canvas: Array, camera: Camera, light: Light, things: Sequence[Thing]) -> Owners:
    """Trace all things into the canvas; returns whose each pixel is, [height, width], -1 for nobody's."""
    size = canvas.shape[:2]
    film = _Film(canvas, np.full(size, np.inf, np.float32), np.full(size, -1, np.int16))
    blockers = [blocker(thing) for thing in things]
    for number, thing in enumerate(things):
        others = [
            other for index, other in enumerate(blockers) if index != number and _may_shade(other, blockers[number])
        ]
        for body in thing.bodies:
            rows, columns = _draw_body(film, camera, light, body, others=others, height=thing.height)
            film.owner[rows, columns] = number
    return film.owner


def _may_shade(other: Blocker, one: Blocker) -> bool:
    gap = np.hypot(other.centre[0] - one.centre[0], other.centre[2] - one.centre[2])
    return bool(gap < one.radii[0] + other.radii[0] + other.radii[1] * 3)


def _draw_body(
    film: _Film, camera: Camera, light: Light, body: Body, *, others: Sequence[Blocker], height: float
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Trace one body where it is nearer than what is there; returns the rows and columns it took."""
    left, top, right, bottom = window = body.window(camera)
    rays = camera.rays(window)
    hits = body.meet(camera.origin, rays)
    nearer = hits.distance < film.depth[top:bottom, left:right].ravel()[hits.pixels]
    pixels = hits.pixels[nearer]
    local, normal = hits.local[nearer], hits.normal[nearer]
    rows, columns = pixels // max(right - left, 1) + top, pixels % max(right - left, 1) + left
    point = body.world(local)
    sunny = lighting.sunlight(point, light, others)
    seen = rays.reshape(-1, 3)[pixels]
    turned = normal @ body.turn.T
    shaded = lighting.shade(body.material(local, normal), turned, point, seen, light, sunny=sunny, height=height)
    film.depth[rows, columns] = hits.distance[nearer]
    film.colour[rows, columns] = shaded
    return rows, columns


def _develop(canvas: Array, random: Random, size: tuple[int, int]) -> Image.Image:
    """Expose, tone-map, darken the corners, scale down, and add the grain of a sensor."""
    brightness = float(np.exp(np.log(canvas[::8, ::8].mean(axis=2) + 0.02).mean()))
    exposure = (random.uniform(0.2, 0.34) / brightness) ** 0.75
    y, x = np.mgrid[-1 : 1 : canvas.shape[0] * 1j, -1 : 1 : canvas.shape[1] * 1j].astype(np.float32)
    vignette = 1 - random.uniform(0.08, 0.3) * (x * x + y * y) / 2
    light = canvas * (exposure * vignette)[..., None]
    toned = np.clip(light * (2.51 * light + 0.03) / (light * (2.43 * light + 0.59) + 0.14), 0, 1)
    picture = Image.fromarray((toned ** (1 / 2.2) * 255).astype(np.uint8)).resize(size, Image.Resampling.LANCZOS)
    soft = picture.filter(ImageFilter.GaussianBlur(float(random.uniform(0.2, 0.6))))
    values = np.asarray(soft, np.float32)
    grain = (
        random.standard_normal((size[1], size[0], 1), np.float32) * 1.0
        + random.standard_normal((size[1], size[0], 3), np.float32) * 0.6
    )
    strength = random.uniform(1.0, 3.2) * (1.25 - values.mean(axis=2, keepdims=True) / 255)
    return Image.fromarray(np.clip(values + grain * strength, 0, 255).astype(np.uint8))


def _boxes(things: Sequence[Thing], owner: Owners, across: float, down: float) -> list[SceneBox]:
    found = []
    for number, thing in enumerate(things):
        rows, columns = np.nonzero(owner == number)
        if len(rows) * across * down < LEAST_PIXELS:
            continue
        left, right = float(columns.min()) * across, float(columns.max() + 1) * across
        top, bottom = float(rows.min()) * down, float(rows.max() + 1) * down
        x, y, width, height = (round(value, 1) for value in (left, top, right - left, bottom - top))
        found.append(SceneBox(thing.label, x, y, width, height, _outline(owner == number, across, down)))
    return found


def _outline(mask: NDArray[np.bool_], across: float, down: float) -> tuple[tuple[tuple[float, float], ...], ...]:
    rings = trace(mask)
    return tuple(tuple((round(x * across, 2), round(y * down, 2)) for x, y in ring) for ring in rings)
