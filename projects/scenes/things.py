"""The things that stand in scenes. Each maker takes a random generator and noise and gives a `Thing`."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from projects.scenes.textures import Noise, colour, mix
from projects.scenes.tracing import Array, Block, Body, Lathe, Look, Material, Profile, turned

Random: TypeAlias = np.random.Generator


@dataclass(slots=True)
class Thing:
    """A labelled thing standing at the origin; `reach` is the radius of its footprint in metres."""

    label: str
    bodies: list[Body]
    reach: float
    height: float

    def placed(self, x: float, z: float, yaw: float) -> "Thing":
        turn = turned(yaw)
        for body in self.bodies:
            body.place = (turn @ body.place + np.array([x, 0, z])).astype(np.float32)
            body.turn = turn @ body.turn
        return self


Maker: TypeAlias = Callable[[Random, Noise], Thing]


def _pick(random: Random, tones: Sequence[str]) -> Array:
    return colour(str(random.choice(list(tones)))) * np.float32(random.uniform(0.85, 1.12))


def _ball_profile(radius: float, squash: float = 1.0, slices: int = 14) -> Profile:
    angles = np.linspace(-np.pi / 2, np.pi / 2, slices + 1)
    return tuple((radius * float(np.cos(a)), radius * squash * (float(np.sin(a)) + 1)) for a in angles)


def _bumps(noise: Noise, local: Array, metres: float, strength: float) -> Array:
    u, v = np.arctan2(local[:, 0], local[:, 2]) * 0.1, local[:, 1]
    step = metres / 90
    here = noise.at(u, v, metres)
    across, along = noise.at(u + step, v, metres) - here, noise.at(u, v + step, metres) - here
    return np.stack([across, along, -across], axis=1) * np.float32(strength)


def _stem(place: tuple[float, float, float], length: float, radius: float, lean: float) -> Lathe:
    brown = colour("#4a3420")
    profile = ((radius * 0.8, 0.0), (radius * 0.7, length * 0.6), (radius * 1.3, length), (0.0, length))
    return Lathe(_plain(brown), np.array(place, np.float32), turned(0, lean, lean * 0.7), profile)


def _plain(tone: Array, shine: float = 0.04, sharpness: float = 20.0) -> Material:
    return lambda local, _: Look(np.broadcast_to(tone, local.shape), shine, sharpness)


def apple(random: Random, noise: Noise) -> Thing:
    size = float(random.uniform(0.034, 0.042))
    ground, blush = _pick(random, ["#c9c24a", "#a8b83a", "#d9b24a"]), _pick(random, ["#a3121c", "#b8231f", "#8c1018"])
    bias = float(random.uniform(-0.1, 0.75))
    shift = float(random.uniform(0, 9))

    def skin(local: Array, normal: Array) -> Look:
        angle = np.arctan2(local[:, 0], local[:, 2])
        streak = noise.at(angle * 0.12 + shift, local[:, 1] * 0.35, 0.25)
        side = np.sin(angle + shift) * 0.3
        share = np.clip(streak * 1.5 - 0.5 + side + bias, 0, 1)
        speck = (noise.at(angle * 0.05 + shift, local[:, 1], 0.12) > 0.82) * 0.25
        deep = np.clip((np.hypot(local[:, 0], local[:, 2]) - size * 0.1) / (size * 0.4), 0.35, 1)
        return Look((mix(ground, blush, share) + speck[:, None] * 0.4) * deep[:, None], 0.07, 45)

    angles = np.linspace(0, np.pi, 17)
    radii = size * (np.sin(angles) * (1.02 - 0.14 * np.cos(angles)) + 0.0)
    heights = size * 0.94 * (1 - np.cos(angles))
    dip = np.exp(-((np.pi - angles) ** 2) / 0.22) * size * 0.38
    profile = tuple((float(max(r, 0)), float(y)) for r, y in zip(radii, heights - dip, strict=True))
    tall = float(heights[-1] - dip[-1])
    stem = _stem((0, tall - 0.002, 0), size * 0.55, size * 0.05, float(random.uniform(-0.3, 0.3)))
    roll = turned(float(random.uniform(0, 6)), float(random.uniform(-0.25, 0.25)))
    return Thing("Apple", [Lathe(skin, np.zeros(3, np.float32), roll, profile), stem], size * 1.03, tall + size * 0.3)


def orange(random: Random, noise: Noise) -> Thing:
    size = float(random.uniform(0.035, 0.043))
    tone = _pick(random, ["#e8801a", "#ef8e1f", "#e0721a"])

    def peel(local: Array, normal: Array) -> Look:
        cloud = noise.at(local[:, 0] + 1, local[:, 1] + local[:, 2], 0.3, soft=True)
        navel = np.clip((np.hypot(local[:, 0], local[:, 2]) - size * 0.06) / (size * 0.07), 0.25, 1)
        lit = np.where(local[:, 1] > size, navel, 1)
        pores = _bumps(noise, local, 0.10, 0.5)
        return Look(tone * ((0.8 + 0.4 * cloud) * lit)[:, None], 0.06, 22, pores)

    lean = turned(float(random.uniform(0, 6)), float(random.uniform(-0.7, 0.7)))
    middle = np.array([0, size * 0.97, 0], np.float32)
    body = Lathe(peel, (middle - lean @ middle).astype(np.float32), lean, _ball_profile(size, 0.97))
    return Thing("Orange", [body], size, size * 1.95)


def lemon(random: Random, noise: Noise) -> Thing:
    size = float(random.uniform(0.025, 0.03))
    tone = _pick(random, ["#e6b41c", "#e2b020", "#ecbe2a"])

    def peel(local: Array, normal: Array) -> Look:
        cloud = noise.at(local[:, 0] + 1, local[:, 1] + local[:, 2], 0.25, soft=True)
        tip = np.clip(np.abs(local[:, 1]) / size - 1.2, 0, 1) * 0.5
        base = mix(tone, colour("#b8a838"), np.clip(tip + cloud * 0.3 - 0.1, 0, 1))
        return Look(base, 0.06, 26, _bumps(noise, local, 0.09, 0.45))

    along = np.sin(np.linspace(-1, 1, 25) * np.pi / 2)
    radii = size * np.maximum(np.sqrt(1 - np.abs(along) ** 2.3) * 0.97, 0.24 * (1 - np.abs(along)) ** 0.5)
    profile = tuple((float(r), float(y)) for r, y in zip(radii, along * size * 1.5, strict=True))
    lying = turned(0, float(np.pi / 2 + random.uniform(-0.15, 0.15)))
    body = Lathe(peel, np.array([0, size * 0.97, 0], np.float32), lying, profile)
    return Thing("Lemon", [body], size * 1.3, size * 2)


def bottle(random: Random, noise: Noise) -> Thing:
    wide, tall = float(random.uniform(0.03, 0.037)), float(random.uniform(0.21, 0.27))
    glass = _pick(random, ["#16381c", "#3d1f0c", "#1c2f3a", "#0d2a26", "#4b3a10"])
    paper, print_ = (
        _pick(random, ["#e9e2cf", "#d8c9a0", "#f2f0ea", "#b83a2c"]),
        _pick(random, ["#20242c", "#7a1d1d", "#1d4a7a"]),
    )
    cap = _pick(random, ["#b08d2e", "#8d1f24", "#22262b", "#c9ccd0"])
    low, high = tall * 0.2, tall * 0.48

    def surface(local: Array, normal: Array) -> Look:
        y = local[:, 1]
        angle = np.arctan2(local[:, 0], local[:, 2])
        label = (y > low) & (y < high)
        band = label & ((np.abs(y - low - 0.012) < 0.003) | (np.abs(y - high + 0.012) < 0.003))
        across, upward = np.sin(angle * 1.5) * wide, y - (low + high) / 2
        crest = np.abs(np.hypot(across, upward - tall * 0.035) - wide * 0.36) < wide * 0.16
        lines = (np.abs(upward + tall * 0.045) < 0.0035) | (np.abs(upward + tall * 0.08) < 0.002)
        mark = label & (crest | (lines & (np.abs(across) < wide * 0.85)))
        tone = np.where(label[:, None], paper * (0.9 + 0.2 * noise.at(angle * 0.1, y, 0.2))[:, None], glass)
        tone = np.where((band | mark)[:, None], print_, tone)
        lid = y > tall * 0.93
        tone = np.where(lid[:, None], cap, tone)
        edge = (1 - np.abs(normal[:, 2])) * 0.6
        clear = ~label & ~lid
        tone = tone + glass * (clear * edge)[:, None]
        return Look(tone.astype(np.float32), np.where(label, 0.03, 0.22).astype(np.float32), 160)

    neck = wide * 0.38
    profile = (
        (0.0, 0.0), (wide * 0.9, 0.0), (wide, 0.006), (wide, tall * 0.56), (wide * 0.93, tall * 0.62),
        (wide * 0.66, tall * 0.7), (neck * 1.12, tall * 0.77), (neck, tall * 0.82), (neck, tall * 0.925),
        (neck * 1.2, tall * 0.93), (neck * 1.2, tall * 0.995), (neck, tall), (0.0, tall),
    )  # fmt: skip
    return Thing("Bottle", [Lathe(surface, np.zeros(3, np.float32), turned(0), profile)], wide, tall)


def can(random: Random, noise: Noise) -> Thing:
    wide, tall = float(random.uniform(0.031, 0.036)), float(random.uniform(0.105, 0.13))
    first = _pick(random, ["#b3202a", "#1f5fa8", "#1f7a4a", "#d98a1f", "#5a2c82", "#14877f"])
    second = _pick(random, ["#f0ede4", "#f2c33c", "#20242c"])
    turns = float(random.uniform(1, 3))
    metal = colour("#b9bcc0")

    def surface(local: Array, normal: Array) -> Look:
        y = local[:, 1] / tall
        angle = np.arctan2(local[:, 0], local[:, 2])
        wave = np.sin(angle * round(turns) + y * 7) * 0.14 + 0.5
        tone = np.where((np.abs(y - wave) < 0.11)[:, None], second, first)
        tone = np.where((np.abs(y - wave - 0.2) < 0.015)[:, None], second, tone)
        rim = (y > 0.93) | (y < 0.06)
        lid = normal[:, 1] > 0.9
        tab = lid & (np.hypot(local[:, 0] / 0.4, local[:, 2] - wide * 0.25) < wide * 0.4)
        tone = np.where(rim[:, None], metal * np.where(tab, 0.55, 1)[:, None], tone)
        return Look(tone.astype(np.float32), np.where(rim, 0.6, 0.16).astype(np.float32), 70, None)

    profile = (
        (0.0, 0.004), (wide * 0.78, 0.0), (wide * 0.82, 0.002), (wide, tall * 0.07), (wide, tall * 0.9),
        (wide * 0.86, tall * 0.965), (wide * 0.86, tall), (wide * 0.8, tall), (wide * 0.78, tall * 0.98), (0.0, tall * 0.98),
    )  # fmt: skip
    return Thing("Can", [Lathe(surface, np.zeros(3, np.float32), turned(0), profile, smooth=False)], wide, tall)


def mug(random: Random, noise: Noise) -> Thing:
    wide, tall = float(random.uniform(0.038, 0.044)), float(random.uniform(0.085, 0.1))
    glaze = _pick(random, ["#e8e4da", "#2f5d7c", "#b5523b", "#3c6e57", "#d9b44a", "#39404a"])
    clay = _pick(random, ["#e8e0d0", "#c9b79a"])
    coffee = colour("#2a160a")
    band = float(random.uniform(0.1, 0.35))

    def surface(local: Array, normal: Array) -> Look:
        y = local[:, 1] / tall
        inner = np.hypot(local[:, 0], local[:, 2]) < wide * 0.9
        tone = np.where(
            ((y < band) & ~inner)[:, None], clay, glaze * (0.93 + 0.15 * noise.at(y, local[:, 0], 0.4))[:, None]
        )
        tone = np.where((inner & (normal[:, 1] > 0.9) & (y > 0.3) & (y < 0.9))[:, None], coffee, tone)
        return Look(tone.astype(np.float32), 0.11, 60)

    profile = (
        (0.0, 0.0), (wide * 0.85, 0.0), (wide * 0.95, tall * 0.06), (wide, tall * 0.2), (wide, tall * 0.97), (wide * 0.97, tall),
        (wide * 0.9, tall * 0.98), (wide * 0.87, tall * 0.8), (0.0, tall * 0.8),
    )  # fmt: skip
    bodies: list[Body] = [Lathe(surface, np.zeros(3, np.float32), turned(0), profile, smooth=False)]
    bead = _ball_profile(tall * 0.075, slices=7)
    for angle in np.linspace(-1.4, 1.4, 30):
        x, y = wide * 0.95 + np.cos(angle) * tall * 0.3, tall * (0.5 + 0.33 * np.sin(angle)) - tall * 0.075
        bodies.append(Lathe(_plain(glaze, 0.11, 60), np.array([x, y, 0], np.float32), turned(0), bead))
    return Thing("Mug", bodies, wide * 1.35, tall)


def parcel(random: Random, noise: Noise) -> Thing:
    half = (float(random.uniform(0.16, 0.33)), float(random.uniform(0.14, 0.26)))
    tall = float(random.uniform(0.18, 0.46))
    board, tape = (
        _pick(random, ["#a9804f", "#b58c5a", "#987044", "#c7a574"]),
        _pick(random, ["#c9a55f", "#d9d2bf", "#7d5a2b"]),
    )
    shift, sticker = float(random.uniform(0, 5)), float(random.uniform(-0.5, 0.4))
    brand = _pick(random, ["#1f4f8c", "#7a2320", "#2c2c2c", "#1f6a45"])

    def surface(local: Array, normal: Array) -> Look:
        x, y, z = local.T
        top, front = normal[:, 1] > 0.5, np.abs(normal[:, 2]) > 0.5
        u, v = np.where(front | top, x, z), np.where(top, z, y)
        paper = 0.82 + 0.25 * noise.at(u + shift, v, 0.9) + 0.25 * (noise.at(u * 0.2, v * 4, 0.7) - 0.5)
        edge = np.minimum(half[0] - np.abs(x), half[1] - np.abs(z))
        edge = np.where(
            top, edge, np.minimum(np.where(front, half[0] - np.abs(x), half[1] - np.abs(z)), np.minimum(y, tall - y))
        )
        worn = 1 + 0.22 * np.exp(-edge / 0.008)
        tone = board * (paper * worn)[:, None]
        strip = (np.abs(z) < 0.028) & (top | (~front & (y > tall * 0.72)))
        tone = np.where(strip[:, None], mix(tape, board, np.full(len(x), 0.25, np.float32)), tone)
        tone = np.where((top & (np.abs(z) < 0.0015) & ~strip)[:, None], tone * 0.4, tone)
        across, upward = (x / half[0] - sticker) / 0.36, (y / tall - 0.6) / 0.25
        label = front & (np.abs(across) < 1) & (np.abs(upward) < 1)
        bars = (
            label
            & (upward < 0.1)
            & (upward > -0.7)
            & (np.sin(across * 47 + np.sin(across * 23) * 2) > 0.1)
            & (np.abs(across) < 0.8)
        )
        tone = np.where(label[:, None], colour("#e9e6de"), tone)
        tone = np.where(
            (bars | (label & (upward > 0.35) & (upward < 0.6) & (across < 0.3)))[:, None], colour("#24262a"), tone
        )
        mark = ~front & ~top & (np.abs(z / half[1] - 0.1) < 0.4) & (np.abs(y / tall - 0.35) < 0.1)
        tone = np.where(mark[:, None], tone * 0.4 + brand * 0.6, tone)
        return Look(tone.astype(np.float32), np.where(strip, 0.1, 0.015).astype(np.float32), 30)

    body = Block(surface, np.zeros(3, np.float32), turned(0), half, tall)
    return Thing("Parcel", [body], float(np.hypot(*half)) * 0.92, tall)


def drum(random: Random, noise: Noise) -> Thing:
    wide, tall = float(random.uniform(0.26, 0.3)), float(random.uniform(0.8, 0.92))
    paint, rust = _pick(random, ["#1f4f8c", "#2c6e49", "#a8321f", "#c58a1f", "#3d4248"]), colour("#5a2f18")
    band = _pick(random, ["#e6e2d8", "#d9b44a"])
    shift, striped = float(random.uniform(0, 5)), bool(random.random() < 0.5)

    def surface(local: Array, normal: Array) -> Look:
        angle = np.arctan2(local[:, 0], local[:, 2])
        lid = np.abs(normal[:, 1]) > 0.9
        u, v = np.where(lid, local[:, 0], angle * wide) + shift, np.where(lid, local[:, 2] - tall, local[:, 1])
        wear = np.clip((noise.at(u, v * 0.8, 1.3) - 0.63) * 7, 0, 1)
        run = np.clip((noise.at(u * 2, v * 0.15, 1.0) - 0.6) * 2, 0, 0.6) * ((v < tall * 0.6) & ~lid)
        tone = (
            mix(paint * np.float32(0.9), rust, np.clip(wear + run, 0, 1)) * (0.85 + 0.3 * noise.at(u, v, 0.7))[:, None]
        )
        if striped:
            stripe = np.abs(v / tall - 0.5) < 0.09
            tone = np.where(
                stripe[:, None], band * (0.8 + 0.3 * noise.at(u, v, 0.6))[:, None] * (1 - wear * 0.7)[:, None], tone
            )
        return Look(tone.astype(np.float32), (0.1 * (1 - wear)).astype(np.float32), 35)

    rib = wide * 1.035
    profile = (
        (0.0, 0.0), (wide * 1.02, 0.0), (wide * 1.02, 0.02), (wide, 0.03), (wide, tall * 0.32), (rib, tall * 0.335), (wide, tall * 0.35),
        (wide, tall * 0.65), (rib, tall * 0.665), (wide, tall * 0.68), (wide, tall * 0.97), (wide * 1.02, tall * 0.975),
        (wide * 1.02, tall), (wide * 0.97, tall), (wide * 0.96, tall * 0.98), (0.0, tall * 0.98),
    )  # fmt: skip
    return Thing("Drum", [Lathe(surface, np.zeros(3, np.float32), turned(0), profile, smooth=False)], wide * 1.04, tall)


def cone(random: Random, noise: Noise) -> Thing:
    tall, foot = float(random.uniform(0.5, 0.75)), float(random.uniform(0.17, 0.2))
    tone = _pick(random, ["#e2501c", "#e8601a", "#d8431c"])
    bands = ((0.42, 0.62), (0.74, 0.84)) if random.random() < 0.6 else ((0.5, 0.72),)

    def surface(local: Array, normal: Array) -> Look:
        y = local[:, 1] / tall
        dirt = 0.7 + 0.45 * noise.at(local[:, 0] + local[:, 2], local[:, 1], 0.6, soft=True)
        white = np.any([(y > low) & (y < high) for low, high in bands], axis=0)
        lit = np.where(white[:, None], colour("#d8d8d4"), tone) * dirt[:, None]
        return Look(lit.astype(np.float32), np.where(white, 0.1, 0.05).astype(np.float32), 25)

    def base(local: Array, normal: Array) -> Look:
        return Look(colour("#26262a") * (0.7 + 0.8 * noise.at(local[:, 0], local[:, 2], 0.5))[:, None], 0.05, 15)

    profile = ((foot * 0.78, 0.03), (foot * 0.72, 0.06), (foot * 0.17, tall * 0.985), (foot * 0.12, tall), (0.0, tall))
    bodies: list[Body] = [
        Block(base, np.zeros(3, np.float32), turned(0), (foot, foot), 0.035),
        Lathe(surface, np.zeros(3, np.float32), turned(0), profile, smooth=False),
    ]
    return Thing("Cone", bodies, foot * 1.25, tall)


def ball(random: Random, noise: Noise) -> Thing:
    size = float(random.uniform(0.11, 0.19))
    tones = np.stack(
        [_pick(random, [tone]) for tone in random.permutation(["#d8352a", "#f0c22e", "#2a6fb8", "#f2efe8", "#2f9a5c"])]
    )
    panels = int(random.choice([3, 4, 5]))

    def skin(local: Array, normal: Array) -> Look:
        angle = np.arctan2(local[:, 0], local[:, 2]) / (2 * np.pi) + 0.5
        which = np.floor(angle * 6).astype(int) % panels
        tone = np.where((local[:, 1:2] - size) ** 2 > (size * 0.96) ** 2, colour("#f2efe8"), tones[which])
        seam = np.abs(np.modf(angle * 6)[0] - 0.5) > 0.485
        return Look((tone * np.where(seam, 0.6, 1)[:, None]).astype(np.float32), 0.12, 60)

    lean = turned(float(random.uniform(0, 6)), float(random.uniform(-1.3, 1.3)), float(random.uniform(-1, 1)))
    middle = np.array([0, size, 0], np.float32)
    body = Lathe(skin, (middle - lean @ middle).astype(np.float32), lean, _ball_profile(size, slices=20))
    return Thing("Ball", [body], size, size * 2)


MAKERS: Mapping[str, Maker] = {
    "Apple": apple,
    "Orange": orange,
    "Lemon": lemon,
    "Bottle": bottle,
    "Can": can,
    "Mug": mug,
    "Parcel": parcel,
    "Drum": drum,
    "Cone": cone,
    "Ball": ball,
}
