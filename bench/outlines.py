"""How well the box of the editor's smart outline finds the thing in it, on real photos with known outlines. Needs no database.

Objects are of the COCO sample in `../shared/data`: boxes of at least 40 × 40 pixels that do not fill the picture, shuffled by a
fixed seed. The measure is the intersection over union with the published outline; the box itself stands beside it, as what a
labeller would have without the tool.
"""

import json
import random
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from bench import measure

PHOTOS = measure.CHECKOUT.parent / "shared" / "data" / "coco_mini"
SCRIPT = Path(__file__).with_name("outlines.mjs")
OBJECTS = 160
MARGIN = 0.25
"""Surroundings shown to the algorithm on each side, as a part of the box's longer side; the editor does the same."""


def main() -> None:
    """One case for the tool, one for the box, one for the time."""
    if not PHOTOS.is_dir():
        raise SystemExit("bench.outlines needs the COCO sample in ../shared/data/coco_mini")
    with tempfile.TemporaryDirectory() as folder:
        cases = [_write(Path(folder), number, *case) for number, case in enumerate(_objects())]
        Path(folder, "cases.json").write_text(json.dumps(cases))
        found = json.loads(subprocess.run(["node", SCRIPT, folder], check=True, capture_output=True).stdout)
    measure.report("outlines", "IoU of the outline found in a box", [case["found"] for case in found], unit="IoU")
    measure.report("outlines", "IoU of the box itself", [case["box"] for case in found], unit="IoU")
    measure.report("outlines", "time for one box", [case["ms"] for case in found], unit="ms")


def _objects() -> Iterator[tuple[Path, dict[str, Any]]]:
    data = json.loads((PHOTOS / "instances.json").read_text())
    images = {image["id"]: image for image in data["images"]}
    chosen = []
    for thing in data["annotations"]:
        image, (_, _, width, height) = images[thing["image_id"]], thing["bbox"]
        fills = width > 0.85 * image["width"] or height > 0.85 * image["height"]
        if (
            not thing.get("iscrowd")
            and isinstance(thing["segmentation"], list)
            and width * height >= 1600
            and not fills
        ):
            chosen.append((PHOTOS / image["file_name"], thing))
    random.Random(1).shuffle(chosen)  # a fixed sample
    yield from chosen[:OBJECTS]


def _write(folder: Path, number: int, photo: Path, thing: dict[str, Any]) -> dict[str, Any]:
    with Image.open(photo) as opened:
        image = opened.convert("RGBA")
    x, y, width, height = thing["bbox"]
    margin = max(8, MARGIN * max(width, height))
    corner = int(max(0, x - margin)), int(max(0, y - margin))
    crop = (*corner, int(min(image.width, x + width + margin)), int(min(image.height, y + height + margin)))
    truth = Image.new("L", image.size)
    for ring in thing["segmentation"]:
        ImageDraw.Draw(truth).polygon(ring, fill=1)
    cut = image.crop(crop)
    np.asarray(cut).tofile(folder / f"{number}.rgba")
    np.asarray(truth.crop(crop)).tofile(folder / f"{number}.mask")
    box = {"x": x - corner[0], "y": y - corner[1], "width": width, "height": height}
    return {"width": cut.width, "height": cut.height, "box": box}


if __name__ == "__main__":
    main()
