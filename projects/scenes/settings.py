"""The five kinds of scenes: ground, background, light, camera and what stands there."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from projects.scenes import textures
from projects.scenes.lighting import Light
from projects.scenes.textures import Noise, colour
from projects.scenes.tracing import Array, unit

Random: TypeAlias = np.random.Generator
Ground: TypeAlias = Callable[[Array, Array], Array]


@dataclass(frozen=True, slots=True)
class Setting:
    """One kind of scene.

    `things` are labels with their weights, `span` is the width of the stage in metres, `far` how many
    spans behind its middle the background stands, `camera_height` a range in distances to the stage,
    `blur` of the background in pixels at 900 rows, and `shine` how much the ground mirrors.
    """

    label: str
    things: Mapping[str, float]
    span: float
    count: tuple[int, int]
    ground: Callable[[Random, Noise], Ground]
    backdrop: Callable[[Random, Noise, int, int], Image.Image]
    light: Callable[[Random], Light]
    camera_height: tuple[float, float]
    blur: float
    far: float
    shine: float = 0.0


def _light(random: Random, sun: str, power: float, sky: str, *, sky_power: float, ground: str, window: float) -> Light:
    side = random.choice([-1.0, 1.0]) * random.uniform(0.25, 1.0)
    toward = unit(np.array([side, random.uniform(0.75, 1.35), random.uniform(-0.75, 0.35)], np.float32))
    warm = np.array([1 + random.uniform(-0.08, 0.1), 1, 1 - random.uniform(-0.08, 0.1)], np.float32)
    return Light(
        toward=toward,
        sun=colour(sun) * power * random.uniform(0.8, 1.15) * warm,
        sky=colour(sky) * sky_power * random.uniform(0.85, 1.2),
        ground=colour(ground),
        softness=float(random.uniform(0.6, 1.4)),
        window=window,
    )


def _blank(width: int, height: int, top: Array, bottom: Array) -> Array:
    share = np.linspace(0, 1, height, dtype=np.float32)[:, None, None]
    return np.broadcast_to(top * (1 - share) + bottom * share, (height, width, 3)).astype(np.float32)


def _picture(linear: Array) -> Image.Image:
    return Image.fromarray((np.clip(linear, 0, 1) ** (1 / 2.2) * 255).astype(np.uint8))


def _rgb(tone: Array, light: float = 1.0) -> tuple[int, int, int]:
    red, green, blue = (np.clip(tone * light, 0, 1) ** (1 / 2.2) * 255).astype(int).tolist()
    return red, green, blue


def _counter(random: Random, noise: Noise) -> Ground:
    if random.random() < 0.5:
        tones = [
            colour("#d9d6cf") * random.uniform(0.7, 1),
            colour(str(random.choice(["#8d8a86", "#7f8a94", "#a08a72"]))),
        ]
        return lambda x, z: textures.marble(noise, x, z, tones)
    tones = [
        colour(str(tone))
        for tone in random.choice([["#7a4f2c", "#b98a58"], ["#5d3d24", "#8f6a45"], ["#b58d5f", "#d9bb8c"]])
    ]
    return lambda x, z: textures.wood(noise, x, z, tones, 0.11)


def _stall(random: Random, noise: Noise) -> Ground:
    if random.random() < 0.55:
        pair = random.choice(
            [["#e8e2d4", "#a83232"], ["#e8e2d4", "#2f5f8c"], ["#e6dcc0", "#3f7a4a"], ["#d8cdb8", "#b08d57"]]
        )
        tones, check = [colour(str(tone)) for tone in pair], float(random.uniform(0.035, 0.06))
        return lambda x, z: textures.cloth(noise, x, z, tones, check)
    tones = [
        colour(str(tone))
        for tone in random.choice([["#6b4a2e", "#a27a50"], ["#8a7a66", "#b5a58c"], ["#4f3a28", "#7d5d40"]])
    ]
    return lambda x, z: textures.wood(noise, x, z, tones, 0.09)


def _floor(random: Random, noise: Noise) -> Ground:
    tone = colour(str(random.choice(["#8f8d88", "#7d8288", "#9a9284", "#6f7274"])))
    return lambda x, z: textures.concrete(noise, x, z, tone)


def _road(random: Random, noise: Noise) -> Ground:
    tone, line = colour(str(random.choice(["#55565a", "#4a4b50", "#625f5c"]))), float(random.uniform(-1.2, 1.2))
    return lambda x, z: textures.asphalt(noise, x, z, tone, line)


def _beach(random: Random, noise: Noise) -> Ground:
    tone = colour(str(random.choice(["#d9c196", "#cfb488", "#e0cfac"])))
    return lambda x, z: textures.sand(noise, x, z, tone)


def _tiled_wall(random: Random, noise: Noise, width: int, height: int) -> Image.Image:
    tone = colour(str(random.choice(["#d8dcd8", "#9fb8b4", "#c8b89a", "#8fa3b5", "#d9cfc4"])))
    y, x = np.mgrid[0:height, 0:width].astype(np.float32) / height
    wall = textures.tiles(noise, x.ravel(), y.ravel(), tone, 0.34).reshape(height, width, 3)
    lamp = np.exp(-((x - random.uniform(0.2, 1.2)) ** 2 + (y - 0.2) ** 2) / 0.5)
    picture = _picture(wall * (0.3 + 0.55 * lamp)[..., None])
    pen = ImageDraw.Draw(picture)
    shelf = int(height * random.uniform(0.25, 0.5))
    pen.rectangle((0, shelf, width, shelf + height // 28), fill=_rgb(colour("#6b4a2e"), 0.7))
    left = int(random.uniform(0, 0.1) * width)
    while left < width:
        wide, tall = int(random.uniform(0.03, 0.09) * width), int(random.uniform(0.1, 0.24) * height)
        if random.random() < 0.7:
            tone = colour(str(random.choice(["#b5523b", "#2f5d7c", "#d9b44a", "#e8e4da", "#3c6e57", "#7a5a3a"])))
            pen.rounded_rectangle((left, shelf - tall, left + wide, shelf), wide // 5, fill=_rgb(tone, 0.55))
        left += int(wide * random.uniform(1.1, 2.2))
    return picture


def _bokeh(random: Random, noise: Noise, width: int, height: int) -> Image.Image:
    top, bottom = (
        colour(str(tone))
        for tone in random.choice([["#3a3f36", "#5d5a48"], ["#4a3a30", "#6e5a44"], ["#2f3a44", "#56606a"]])
    )
    picture = _picture(_blank(width, height, top, bottom))
    layer = Image.new("RGBA", (width, height))
    pen = ImageDraw.Draw(layer)
    for _ in range(int(random.integers(30, 60))):
        x, y, radius = random.uniform(0, width), random.uniform(-0.1, 1) * height, random.uniform(0.02, 0.11) * height
        tone = colour(str(random.choice(["#e8b04a", "#d86a3a", "#7aa84a", "#e8e0c0", "#b83a3a", "#5a8ab0", "#d9c27a"])))
        alpha = int(random.uniform(30, 120))
        pen.ellipse(
            (x - radius, y - radius, x + radius, y + radius),
            fill=(*_rgb(tone), alpha),
            outline=(*_rgb(tone, 1.3), alpha),
        )
    picture.paste(layer, (0, 0), layer)
    return picture


def _racks(random: Random, noise: Noise, width: int, height: int) -> Image.Image:
    picture = _picture(_blank(width, height, colour("#4a5056"), colour("#2a2d30")))
    pen = ImageDraw.Draw(picture)
    bay = int(width * random.uniform(0.2, 0.3))
    levels = [int(height * share) for share in (0.3, 0.62, 0.97)]
    for level in levels:
        left = int(random.uniform(-0.1, 0.02) * width)
        while left < width:
            wide, tall = int(random.uniform(0.05, 0.11) * width), int(random.uniform(0.12, 0.25) * height)
            if random.random() < 0.85:
                tone = colour(str(random.choice(["#a9804f", "#b58c5a", "#8a6a42", "#c7a574", "#5a6a7a", "#7d8288"])))
                light = random.uniform(0.25, 0.6)
                pen.rectangle((left, level - tall, left + wide, level), fill=_rgb(tone, light))
                pen.rectangle(
                    (left + wide * 0.45, level - tall, left + wide * 0.55, level), fill=_rgb(tone, light * 1.25)
                )
            left += int(wide * random.uniform(1.02, 1.2))
        pen.rectangle((0, level, width, level + height // 30), fill=_rgb(colour("#c9601f"), 0.6))
    for left in range(int(random.uniform(0, bay)), width, bay):
        pen.rectangle((left, 0, left + width // 80, height), fill=_rgb(colour("#27486e"), 0.8))
    lamps = Image.new("L", (width, height))
    glow = ImageDraw.Draw(lamps)
    for left in range(int(random.uniform(0, bay)), width, bay):
        glow.ellipse((left - bay * 0.3, -height * 0.12, left + bay * 0.3, height * 0.1), fill=150)
    picture.paste(
        Image.new("RGB", (width, height), "#fff4dc"), (0, 0), lamps.filter(ImageFilter.GaussianBlur(height / 18))
    )
    return picture


def _clouds(random: Random, noise: Noise, width: int, height: int) -> Array:
    pairs = [["#5f93cc", "#cfe0ee"], ["#7f9cb8", "#e8e0d4"], ["#8a98a6", "#d4d8da"], ["#6a86b4", "#f0d2b0"]]
    top, bottom = (colour(str(tone)) for tone in random.choice(pairs))
    y, x = np.mgrid[0:height, 0:width].astype(np.float32) / height
    depth = 1 / (1.12 - y)
    cloud = noise.at((x * depth + random.uniform(0, 9)).ravel(), (depth * 2).ravel(), 4.2, soft=True).reshape(
        height, width
    )
    cover = np.clip((cloud - random.uniform(0.4, 0.62)) * 5, 0, 1)[..., None] * np.clip((1.02 - y) * 4, 0, 1)[..., None]
    sky = _blank(width, height, top, bottom)
    covered: Array = sky * (1 - cover * 0.8) + cover * 0.8 * np.array([0.93, 0.93, 0.95], np.float32)
    return covered


def _verge(random: Random, noise: Noise, width: int, height: int) -> Image.Image:
    sky = _clouds(random, noise, width, height)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32) / height
    for layer, tone in enumerate(random.permutation(["#5f7a6a", "#4a6a3c", "#3a5530"])[:2]):
        crown = 0.25 - layer * 0.1 + 0.2 * noise.at(x[0] + layer * 3, np.full(width, layer * 0.7, np.float32), 1.6)
        leaf = noise.at(x.ravel() + layer, y.ravel(), 0.35).reshape(height, width)
        inside = (y > 1 - crown - 0.04 * (leaf - 0.5))[..., None]
        shade = (0.35 + 0.9 * leaf)[..., None]
        sky = np.where(inside, colour(str(tone)) * shade * (1.1 - layer * 0.3), sky)
    grass = (y > 0.965)[..., None]
    return _picture(np.where(grass, colour("#7a8a4a") * 0.8, sky))


def _sea(random: Random, noise: Noise, width: int, height: int) -> Image.Image:
    sky = _clouds(random, noise, width, height)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32) / height
    horizon = random.uniform(0.45, 0.65)
    deep, shallow = colour("#1f5a80"), colour("#6fb0b0")
    share = np.clip((y - horizon) / (1 - horizon), 0, 1)
    wave = noise.at((x * 0.35).ravel(), (np.log1p(share * 30) * 0.9).ravel(), 1.0).reshape(height, width)
    water = deep * (1 - share[..., None]) + shallow * share[..., None]
    water = water * (0.65 + 0.7 * wave[..., None]) + 0.25 * np.clip(wave - 0.68, 0, 1)[..., None] * 4
    foam = np.clip((share - 0.9 + (wave - 0.5) * 0.15) * 20, 0, 1)[..., None]
    return _picture(np.where((y > horizon)[..., None], water * (1 - foam) + foam * 0.85, sky))


SETTINGS = (
    Setting(
        label="Kitchen",
        things={"Mug": 3, "Can": 2, "Bottle": 2, "Orange": 2, "Lemon": 2, "Apple": 1},
        span=0.75,
        count=(4, 9),
        ground=_counter,
        backdrop=_tiled_wall,
        light=lambda random: _light(random, "#fff0d8", 2.3, "#b8c4d0", sky_power=0.8, ground="#5a4a3a", window=3.2),
        camera_height=(0.3, 0.6),
        blur=5,
        far=0.62,
        shine=0.07,
    ),
    Setting(
        label="Market",
        things={"Apple": 5, "Orange": 4, "Lemon": 4, "Bottle": 1},
        span=0.62,
        count=(7, 16),
        ground=_stall,
        backdrop=_bokeh,
        light=lambda random: _light(random, "#fff2dc", 2.6, "#a8c0dc", sky_power=0.9, ground="#6a5a44", window=1.6),
        camera_height=(0.4, 0.75),
        blur=9,
        far=0.6,
    ),
    Setting(
        label="Warehouse",
        things={"Parcel": 6, "Drum": 2, "Cone": 1},
        span=3.6,
        count=(4, 9),
        ground=_floor,
        backdrop=_racks,
        light=lambda random: _light(random, "#fff4e0", 1.9, "#a8b0b8", sky_power=0.9, ground="#4a4844", window=1.2),
        camera_height=(0.3, 0.6),
        blur=3.5,
        far=0.75,
        shine=0.06,
    ),
    Setting(
        label="Road",
        things={"Cone": 6, "Drum": 2, "Ball": 1},
        span=4.2,
        count=(3, 8),
        ground=_road,
        backdrop=_verge,
        light=lambda random: _light(random, "#fff0d4", 2.9, "#9fc0e8", sky_power=0.9, ground="#4a4846", window=0.0),
        camera_height=(0.26, 0.5),
        blur=3,
        far=2.6,
    ),
    Setting(
        label="Beach",
        things={"Ball": 5, "Bottle": 1, "Can": 1},
        span=1.5,
        count=(3, 7),
        ground=_beach,
        backdrop=_sea,
        light=lambda random: _light(random, "#fff0d0", 3.1, "#9cc4f0", sky_power=1.0, ground="#a8906a", window=0.0),
        camera_height=(0.3, 0.55),
        blur=4,
        far=2.4,
    ),
)
SCENE_LABELS = tuple(setting.label for setting in SETTINGS)
