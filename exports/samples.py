"""What the sample organisation consists of: its people, its projects, and pictures whose contents are known."""

import io
import json
import multiprocessing
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias
from uuid import uuid4

import numpy as np

from annotations import crossings, geometry, rle
from projects import scenes
from projects.models import Image, Project
from projects.scenes.rendering import HEIGHT, WIDTH

SCENES, SLICES = 36, 8
FOLDER, SLICE_FOLDER = "samples", "slices"
HAND, LEAST_RING = 1.2, 60.0
"""How far drawn outlines lie from true ones, in pixels, and the area that nobody draws a ring around."""
ORGANISATION, VENDOR = "Northwind Imaging", "Meridian Annotation"
OBJECTS, ARCHIVE = "Object recognition", "Photo archive"

Answer: TypeAlias = Callable[["Truth", dict[str, str]], dict[str, Any]]


@dataclass(frozen=True)
class Login:
    """Somebody of the sample organisation."""

    email: str
    name: str
    role: str


OWNER = Login("owner@example.com", "Amara Osei", "organisation owner")
MANAGER = Login("manager@example.com", "Jonas Lind", "manager of both workspaces")
LABELLERS = (
    Login("labeller1@example.com", "Mei Tanaka", "labeller"),
    Login("labeller2@example.com", "Diego Rivas", "labeller"),
)
REVIEWER = Login("reviewer@example.com", "Priya Nair", "reviewer")
VENDOR_OWNER = Login("vendor@example.com", "Sofia Costa", f"owner of {VENDOR}, a labelling vendor")
VENDOR_LABELLER = Login("vendor.labeller@example.com", "Tom Becker", "the vendor's labeller, in one project")
ADMIN = Login("admin@example.com", "Administrator", "Django admin, at /admin/")
LOGINS = (OWNER, MANAGER, *LABELLERS, REVIEWER, VENDOR_LABELLER, VENDOR_OWNER, ADMIN)


@dataclass(frozen=True)
class Truth:
    """What one scene shows: its class, and of each thing (label, x, y, width, height) and its outline, in pixels."""

    scene: str
    boxes: tuple[tuple[str, float, float, float, float], ...]
    outlines: tuple[geometry.Parts, ...] = ()


@dataclass(frozen=True)
class Plan:
    """A project to be: its labels as `taxonomy.save_nested` takes them, and how its images are truly labelled."""

    name: str
    task_type: str
    labels: Sequence[dict[str, Any]]
    instructions: str
    page_size: int = 1
    answer: Answer | None = None


def _leaves(*names: str) -> list[dict[str, Any]]:
    return [{"name": name} for name in names]


THINGS = [
    {"name": "Fruit", "hotkey": "", "children": _leaves("Apple", "Orange", "Lemon")},
    {"name": "Container", "hotkey": "", "children": _leaves("Bottle", "Can", "Mug", "Drum")},
    *_leaves("Parcel", "Cone", "Ball"),
]
KINDS = _leaves(*(str(node["name"]) for node in THINGS))
_KINDS = {leaf["name"]: str(node["name"]) for node in THINGS for leaf in node.get("children", [])}
_PATHS = {leaf["name"]: f"{node['name']}/{leaf['name']}" for node in THINGS for leaf in node.get("children", [])}

BOX_INSTRUCTIONS = """# Draw a box around every thing

1. Choose the label by its number or in the list on the right.
2. Drag from one corner to the opposite one. The box touches the **outermost visible pixels** of the thing.
3. Where one thing hides a part of another, box only **what can be seen**.

| Label | What counts |
|---|---|
| Fruit | apples, oranges and lemons, one box each, also in a pile |
| Container | bottles, cans, mugs and drums, open or closed |
| Parcel | cardboard boxes of any size |

Things that are painted on a wall or out of focus in the background are **not** labelled. If a picture shows none of
the things, press **N**.
"""
POLYGON_INSTRUCTIONS = """# Outline every thing

1. Choose the label by its number, then press **P**.
2. Click along the border of the thing, or drag along it. **Enter** closes the outline.
3. Where one thing hides a part of another, outline only **what can be seen**. Two pieces of one thing are two *parts*
   (**Alt+A**), what can be seen through a handle is a *hole* (**Alt+X**).

Where two things touch, let their outlines share the border: points snap, and **Shift** follows the neighbour.
"""
MASK_INSTRUCTIONS = """# Paint every pixel of the things

1. Choose the label by its number, then paint with the brush (**B**); **[** and **]** change its size.
2. Around a thing of one colour the wand (**W**) is quicker: click, and drag to the right for more.
3. Holes and the inside of an outline are filled by the bucket (**Shift+G**).

**Q** keeps paint to the background, so that a neighbour that is done stays as it is. Alt or the right button erases.
"""
SCENE_INSTRUCTIONS = """# Where was the picture taken?

Choose the one place that fits best.

- **Kitchen**: a worktop with household things
- **Market**: a stall with fruit
- **Warehouse**: a hall with goods or racks
- **Road**: asphalt, with or without markings
- **Beach**: sand

Select several images and press the number to label them together.
"""
CONTENT_INSTRUCTIONS = """# What is in the picture?

Choose **every** kind of thing that can be seen, however small. The order does not matter.
"""
SLICE_INSTRUCTIONS = """# Draw a box around every nodule

1. **Alt+W**, then drag: to the right for a wider window, up for a brighter picture. **Alt+Shift+W** goes through the presets.
2. A nodule is a small bright disc **inside a lung**. Bones and the heart are none.
3. If the lungs show none, press **N**.

These are no pictures of people: the slices are computed.
"""


def _boxes(truth: Truth, codes: dict[str, str]) -> dict[str, Any]:
    regions = [
        {
            "id": str(uuid4()),
            "shape": "box",
            "label": codes[_PATHS.get(label, label)],
            "x": x,
            "y": y,
            "width": width,
            "height": height,
            "origin": "manual",
        }
        for label, x, y, width, height in truth.boxes
    ]
    return {"labels": [], "regions": regions, "empty": not regions}


def _polygons(truth: Truth, codes: dict[str, str]) -> dict[str, Any]:
    regions = [
        {"id": str(uuid4()), "shape": "polygon", "label": codes[_PATHS.get(box[0], box[0])], "parts": parts}
        for box, outline in zip(truth.boxes, truth.outlines, strict=True)
        if (parts := _drawn(outline))
    ]
    return {"labels": [], "regions": regions, "empty": not regions}


def _drawn(outline: geometry.Parts) -> list[list[geometry.Point]]:
    """An outline with as many points as a person would set, without the specks that nobody would."""
    rings = [ring for ring in outline if geometry.ring_area(ring) >= LEAST_RING]
    thinned = [geometry.simplify(ring, HAND) for ring in rings]
    valid = all(geometry.is_simple(ring) for ring in thinned) and not crossings.crossing_rings(thinned)
    return thinned if valid else [list(ring) for ring in rings]


def _masks(truth: Truth, codes: dict[str, str]) -> dict[str, Any]:
    """One mask per kind of thing; what is nearer covers what is behind it."""
    kinds = [_KINDS.get(label, label) for label, *_ in truth.boxes]
    owner = np.full((HEIGHT, WIDTH), -1, dtype=np.int16)
    for number, outline in enumerate(truth.outlines):
        owner[rle.polygon_to_mask(outline, HEIGHT, WIDTH) > 0] = number
    regions = []
    for kind in dict.fromkeys(kinds):
        pixels = np.isin(owner, [number for number, other in enumerate(kinds) if other == kind])
        if pixels.any():
            regions.append(_mask(codes[kind], pixels))
    return {"labels": [], "regions": regions, "empty": not regions}


def _mask(code: str, pixels: Any) -> dict[str, Any]:
    runs = rle.encode(pixels)
    text = {"size": [HEIGHT, WIDTH], "counts": rle.compress(runs)}
    box = rle.bounding_box(runs, HEIGHT)
    return {"id": str(uuid4()), "shape": "mask", "label": code, "rle": text, **box._asdict()}


def _scene(truth: Truth, codes: dict[str, str]) -> dict[str, Any]:
    return {"labels": [codes[truth.scene]], "regions": [], "empty": False}


def _contents(truth: Truth, codes: dict[str, str]) -> dict[str, Any]:
    found = sorted({codes[_PATHS.get(label, label)] for label, *_ in truth.boxes})
    return {"labels": found, "regions": [], "empty": not found}


SAMPLE_PLANS = (
    Plan("Things in scenes", Project.TaskType.BOX, THINGS, BOX_INSTRUCTIONS, answer=_boxes),
    Plan("Outlines of things", Project.TaskType.POLYGON, THINGS, POLYGON_INSTRUCTIONS, answer=_polygons),
    Plan("Painted things", Project.TaskType.SEMANTIC, KINDS, MASK_INSTRUCTIONS, answer=_masks),
    Plan("Kinds of scenes", Project.TaskType.MULTICLASS, _leaves(*scenes.SCENE_LABELS), SCENE_INSTRUCTIONS, 4, _scene),
)
SLICE_PLAN = Plan("Nodules in computed slices", Project.TaskType.BOX, _leaves("Nodule"), SLICE_INSTRUCTIONS)
ARCHIVE_PLANS = (Plan("Contents of pictures", Project.TaskType.MULTILABEL, THINGS, CONTENT_INSTRUCTIONS, 4, _contents),)
FOLDER_PLANS = (
    Plan(
        "Objects in your images",
        Project.TaskType.BOX,
        _leaves("Object", "Part of an object", "Unclear"),
        "Draw a box around every object. Change the labels to yours in the project's settings.",
    ),
    Plan(
        "Triage of your images",
        Project.TaskType.MULTICLASS,
        _leaves("Keep", "Reject", "Unsure"),
        "Choose one label per image. Change the labels to yours in the project's settings.",
        4,
    ),
)


def put_slices(store: Any) -> None:
    """Writes DICOM slices into a blob store."""
    for number in range(SLICES):
        store.put(f"{SLICE_FOLDER}/slice-{number:02}.dcm", io.BytesIO(scenes.render_slice(number)), "application/dicom")


class Library:
    """Rendered scenes, kept in a folder: `<number>.jpg` and, beside it, the truth about it in `<number>.truth.json`."""

    def __init__(self, folder: Path, say: Callable[[str], None]) -> None:
        self.folder = folder
        self.say = say
        self._truths: dict[int, Truth] = {}

    def put(self, store: Any, numbers: range) -> None:
        """Writes the scenes into a blob store."""
        self._render(numbers)
        for number in numbers:
            key = f"{FOLDER}/{self._read(number).scene.lower()}-{number:02}.jpg"
            store.put(key, io.BytesIO((self.folder / f"{number}.jpg").read_bytes()), "image/jpeg")

    def truth(self, image: Image) -> Truth:
        """What an image that `put` wrote shows."""
        number = int(image.name.removesuffix(".jpg").rpartition("-")[2])
        self._render(range(number, number + 1))
        return self._read(number)

    def _read(self, number: int) -> Truth:
        if number not in self._truths:
            found = json.loads((self.folder / f"{number}.truth.json").read_text(encoding="utf-8"))
            boxes = tuple(tuple(box) for box in found["boxes"])
            self._truths[number] = Truth(found["scene"], boxes, tuple(found["outlines"]))
        return self._truths[number]

    def _render(self, numbers: range) -> None:
        missing = [number for number in numbers if not (self.folder / f"{number}.truth.json").exists()]
        if not missing:
            return
        self.say(f"Rendering {len(missing)} sample scenes …")
        self.folder.mkdir(parents=True, exist_ok=True)
        # Not forked: this process has threads, of the database's pool.
        with ProcessPoolExecutor(mp_context=multiprocessing.get_context("spawn")) as pool:
            for number, scene in zip(missing, pool.map(scenes.render_scene, missing), strict=True):
                (self.folder / f"{number}.jpg").write_bytes(scenes.encode(scene.image, 88))
                boxes = [(box.label, box.x, box.y, box.width, box.height) for box in scene.boxes]
                outlines = [box.outline for box in scene.boxes]
                truth = {"scene": scene.scene_label, "boxes": boxes, "outlines": outlines}
                part = self.folder / f"{number}.part"
                part.write_text(json.dumps(truth), encoding="utf-8")
                part.replace(self.folder / f"{number}.truth.json")
