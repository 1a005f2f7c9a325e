"""The example of the documentation does the whole job."""

import contextlib
import io
import os
import subprocess
import sys
from datetime import timedelta

from django.utils import timezone
from pycocotools.coco import COCO

from projects import api_tokens
from tests.browser.site import ROOT
from tests.browser.world import SCENE_SIZE, scene


def test_example_runs(world, tmp_path):
    images = world.folder("example", {f"{seed}.jpg": scene(seed) for seed in range(3)})
    _, token = api_tokens.issue(
        user=world.manager,
        organisation=world.organisation,
        name="example",
        scopes=["read", "label", "manage", "export"],
        expires_at=timezone.now() + timedelta(hours=1),
    )
    done = subprocess.run(
        [sys.executable, ROOT / "docs/api_example.py", world.site.url, images],
        cwd=tmp_path,
        env=os.environ | {"TOKEN": token},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    (file,) = tmp_path.glob("*.json")
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO(file)
    width, height = SCENE_SIZE
    assert sorted(image["file_name"] for image in coco.loadImgs(coco.getImgIds())) == [
        "0.jpg",
        "1.jpg",
        "2.jpg",
    ]
    assert [one["bbox"] for one in coco.loadAnns(coco.getAnnIds())] == [
        [width / 4, height / 4, width / 2, height / 2]
    ] * 3


def test_example_is_short():
    assert len((ROOT / "docs/api_example.py").read_text(encoding="utf-8").splitlines()) <= 40
