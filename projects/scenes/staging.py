"""Puts things on the ground so that they neither stand in each other nor hide each other much."""

from dataclasses import dataclass

import numpy as np
from PIL import Image

from projects.scenes.lighting import Blocker
from projects.scenes.settings import Random, Setting
from projects.scenes.textures import Noise
from projects.scenes.things import MAKERS, Thing
from projects.scenes.tracing import Array, Camera

TRIES = 60
MOST_HIDDEN = 0.4


@dataclass(frozen=True, slots=True)
class SceneBox:
    """What can be seen of one thing: the box around it, and rings along its border, filled even-odd, in pixels."""

    label: str
    x: float
    y: float
    width: float
    height: float
    outline: tuple[tuple[tuple[float, float], ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Scene:
    """A picture with its true boxes, nearest thing last, and the kind of scene it shows."""

    image: Image.Image
    boxes: list[SceneBox]
    scene_label: str


def camera_for(setting: Setting, random: Random, width: int, height: int) -> Camera:
    distance = setting.span * random.uniform(1.15, 1.5)
    origin = np.array(
        [random.uniform(-0.3, 0.3), random.uniform(*setting.camera_height) * 1.1, -1.0], np.float32
    ) * np.float32(distance)
    target = np.array([random.uniform(-0.04, 0.04), random.uniform(0.03, 0.1), 0.03], np.float32) * np.float32(
        setting.span
    )
    focal = float(width * np.linalg.norm(origin - target) / setting.span * random.uniform(0.9, 1.1))
    return Camera.looking((width, height), origin, target, focal)


def arrange(setting: Setting, random: Random, noise: Noise, camera: Camera) -> list[Thing]:
    """Choose things and stand them in the picture, the furthest first."""
    names, weights = list(setting.things), np.array(list(setting.things.values()), float)
    wanted = int(random.integers(setting.count[0], setting.count[1] + 1))
    placed: list[tuple[float, float, Thing, Array]] = []
    for _ in range(wanted * TRIES):
        if len(placed) == wanted:
            break
        z = float(random.uniform(-0.34, 0.46)) * setting.span
        room = 0.5 * setting.span * (1 + 0.7 * z / setting.span)
        x = float(random.uniform(-room, room))
        thing = MAKERS[str(random.choice(names, p=weights / weights.sum()))](random, noise)
        if any(np.hypot(x - ox, z - oz) < (thing.reach + other.reach) * 1.03 for ox, oz, other, _ in placed):
            continue
        thing.placed(
            x, z, float(random.uniform(0, 2 * np.pi)) if thing.label != "Parcel" else float(random.normal(0, 0.45))
        )
        frame = _frame(thing, camera)
        if _fits(frame, camera) and all(_shared(frame, other) < MOST_HIDDEN for *_, other in placed):
            placed.append((x, z, thing, frame))
    placed.sort(key=lambda found: -found[1])
    return [thing for _, _, thing, _ in placed]


def blocker(thing: Thing) -> Blocker:
    """The ellipsoid a thing is for the shadows it throws on its neighbours."""
    foot = thing.bodies[0].world(np.zeros((1, 3), np.float32))[0]
    if thing.label in ("Orange", "Lemon", "Ball"):
        foot = thing.bodies[0].world(thing.bodies[0].corners()).mean(axis=0)
    centre = np.array([foot[0], thing.height / 2, foot[2]], np.float32)
    slim = 0.75 if thing.label == "Cone" else 1.0
    return Blocker(centre, np.array([thing.reach * slim, thing.height * 0.55, thing.reach * slim], np.float32))


def _frame(thing: Thing, camera: Camera) -> Array:
    """Left, top, right, bottom in pixels, not cut at the border."""
    seen = np.concatenate([camera.project(body.world(body.corners())) for body in thing.bodies])
    return np.concatenate([seen.min(axis=0), seen.max(axis=0)])


def _fits(frame: Array, camera: Camera) -> bool:
    """Tell whether most of the frame is inside the picture."""
    size = np.array([camera.width, camera.height])
    inside = np.clip(frame[2:], 0, size) - np.clip(frame[:2], 0, size)
    return float(inside.prod() / (frame[2:] - frame[:2]).prod()) > 0.8


def _shared(one: Array, other: Array) -> float:
    """Overlap of two frames as a share of the smaller one."""
    inside = np.clip(np.minimum(one[2:], other[2:]) - np.maximum(one[:2], other[:2]), 0, None).prod()
    return float(inside / min((one[2:] - one[:2]).prod(), (other[2:] - other[:2]).prod()))
