"""Surfaces: tileable fractal noise and the grounds and walls made of it. Coordinates are metres."""

from collections.abc import Sequence

import numpy as np

from projects.scenes.tracing import Array

TILE = 512


class Noise:
    """Fractal noise that tiles, made once per scene; values are about 0 to 1 around 0.5."""

    def __init__(self, random: np.random.Generator) -> None:
        self.rough = _fractal(random, 1.0)
        self.soft = _fractal(random, 1.7)

    def at(self, u: Array, v: Array, metres: float, *, soft: bool = False) -> Array:
        """Sample a tile that covers `metres` of both coordinates."""
        tile = self.soft if soft else self.rough
        x = (u * (TILE / metres)).astype(np.int32) & (TILE - 1)
        y = (v * (TILE / metres)).astype(np.int32) & (TILE - 1)
        found: Array = tile[y, x]
        return found


def _fractal(random: np.random.Generator, falloff: float) -> Array:
    waves = np.fft.rfft2(random.standard_normal((TILE, TILE)))
    fy, fx = np.fft.fftfreq(TILE)[:, None], np.fft.rfftfreq(TILE)[None, :]
    strength = np.maximum(np.hypot(fx, fy), 1 / TILE) ** -falloff
    strength[0, 0] = 0
    tile = np.fft.irfft2(waves * strength, s=(TILE, TILE))
    scaled: Array = np.clip(0.5 + tile / tile.std() * 0.17, 0, 1).astype(np.float32)
    return scaled


def colour(text: str) -> Array:
    """Linear RGB [3] of an sRGB colour such as `#8a5a2b`."""
    rgb = np.array([int(text[at : at + 2], 16) for at in (1, 3, 5)], np.float32) / 255
    return (rgb**2.2).astype(np.float32)


def mix(one: Array, other: Array, share: Array) -> Array:
    """Blend colours [3] by shares [n] into [n, 3]."""
    blended: Array = one * (1 - share[:, None]) + other * share[:, None]
    return blended


def wood(noise: Noise, x: Array, z: Array, tones: Sequence[Array], plank: float) -> Array:
    board = np.floor(z / plank)
    shift = np.modf(np.abs(np.sin(board * 91.7) * 437.5))[0]
    grain = noise.at(x * 0.12 + shift * 9, z * 2.6 + shift * 5, 0.9)
    rings = noise.at(x * 0.3 + shift * 3, z * 9 + grain * 0.3, 1.1)
    base = mix(tones[0], tones[1], np.clip(grain * 1.7 - 0.45 + (shift - 0.5) * 0.5, 0, 1))
    inside = np.abs(z / plank - board - 0.5) * 2
    gap = np.clip((inside - 0.97) / 0.02, 0, 1)
    boards: Array = base * ((0.72 + 0.5 * rings) * (1 - 0.8 * gap))[:, None]
    return boards


def concrete(noise: Noise, x: Array, z: Array, tone: Array) -> Array:
    cloud = noise.at(x, z, 4.0, soft=True)
    grain = noise.at(x, z, 1.1)
    bump = grain - noise.at(x + 0.006, z + 0.004, 1.1)
    stain = np.clip((noise.at(x + 3, z + 1, 2.6, soft=True) - 0.62) * 4, 0, 1)
    seam = np.minimum(np.abs(np.modf(np.abs(x + 50) / 2.4)[0] - 0.5), np.abs(np.modf((z + 50) / 2.4)[0] - 0.5)) < 0.004
    light = 0.55 + 0.7 * cloud + 0.35 * (grain - 0.5) + bump * 2
    floor: Array = tone * (light * (1 - 0.4 * stain) * (1 - 0.5 * seam))[:, None]
    return floor


def asphalt(noise: Noise, x: Array, z: Array, tone: Array, line: float) -> Array:
    grain = noise.at(x, z, 0.55)
    bump = grain - noise.at(x + 0.004, z + 0.003, 0.55)
    cloud = noise.at(x, z, 5.0, soft=True)
    base = tone * (0.45 + 0.55 * grain + 0.5 * cloud + bump * 3.5)[:, None]
    wear = np.clip((noise.at(x + 1, z + 2, 1.3) - 0.25) * 4, 0, 1)
    painted = (np.abs(x - line) < 0.07) & (np.modf((z + 60) / 2.2)[0] < 0.6) | (np.abs(x - line + 2.9) < 0.06)
    return np.where(painted[:, None], base + (0.62 - base) * (wear * 0.9)[:, None], base)


def sand(noise: Noise, x: Array, z: Array, tone: Array) -> Array:
    wave = noise.at(x * 0.6, z * 1.4, 1.5, soft=True)
    slope = wave - noise.at(x * 0.6 + 0.012, z * 1.4 + 0.012, 1.5, soft=True)
    grain = noise.at(x, z, 0.5)
    fine = grain - noise.at(x + 0.003, z + 0.002, 0.5)
    return tone * np.clip(0.8 + 0.25 * (grain - 0.5) + slope * 6 + fine * 1.6, 0.2, 1.6)[:, None]


def marble(noise: Noise, x: Array, z: Array, tones: Sequence[Array]) -> Array:
    bend = noise.at(x, z, 1.2, soft=True)
    vein = np.abs(noise.at(x + bend * 0.5, z - bend * 0.3, 1.7, soft=True) - 0.5)
    cloud = noise.at(x + 2, z, 0.8, soft=True)
    line = np.clip(1 - vein * 22, 0, 1) * 0.8 + np.clip(cloud - 0.55, 0, 1) * 0.8
    return mix(tones[0], tones[1], np.clip(line, 0, 1))


def cloth(noise: Noise, x: Array, z: Array, tones: Sequence[Array], check: float) -> Array:
    fold = noise.at(x, z, 1.4, soft=True) - noise.at(x + 0.03, z + 0.02, 1.4, soft=True)
    across, along = np.modf((x + 20) / check)[0] < 0.5, np.modf((z + 20) / check)[0] < 0.5
    weave = noise.at(x * 3, z * 3, 0.6)
    share = (across.astype(np.float32) + along) / 2
    return mix(tones[0], tones[1], share) * (0.85 + 0.25 * (weave - 0.5) + fold * 2.2)[:, None]


def tiles(noise: Noise, x: Array, y: Array, tone: Array, side: float) -> Array:
    row = np.floor(y / (side / 2))
    column = x / side + (row % 2) * 0.5
    shade = np.modf(np.abs(np.sin(np.floor(column) * 12.9 + row * 78.2) * 437.5))[0]
    u, v = np.abs(column - np.floor(column) - 0.5), np.abs(y / (side / 2) - row - 0.5)
    joint = np.maximum(u * 2, v * 2 * 0.5 + 0.5 * (v * 2 > 0.93) + 0.0) > 0.965
    face = tone * (0.85 + 0.2 * shade + 0.15 * noise.at(x, y, 0.9, soft=True))[:, None]
    return np.where(joint[:, None], tone * 0.55, face)
