"""Scissors and the outline in a box, on a picture whose thing is known to the pixel."""

import io

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from annotations import geometry, rle
from annotations.models import Annotation
from tests.browser.test_polygons import PolygonPage

WIDTH, HEIGHT = 480, 320
MIDDLE, RADII = (240, 160), (90, 60)


def _picture() -> bytes:
    """A speckled ellipse on speckled ground, as PNG."""
    random = np.random.default_rng(5)
    ground = np.array([70, 95, 60]) + random.normal(0, 14, (HEIGHT, WIDTH, 3))
    thing = np.array([190, 120, 70]) + random.normal(0, 14, (HEIGHT, WIDTH, 3))
    pixels = np.where(_truth()[:, :, None], thing, ground).clip(0, 255).astype(np.uint8)
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return out.getvalue()


def _truth() -> np.ndarray:
    """Which pixels are the thing [height, width]."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH] + 0.5
    return ((x - MIDDLE[0]) / RADII[0]) ** 2 + ((y - MIDDLE[1]) / RADII[1]) ** 2 < 1


@pytest.fixture
def page_of(world, desk):
    def make(task_type: str) -> PolygonPage:
        project = world.project_of(task_type, ["Fruit", "Vessel"], {"thing.png": _picture()})
        return PolygonPage(desk(world.labellers[0]).page, project).open()

    return make


def _stored(page: PolygonPage) -> dict[str, object]:
    """The only region that the server has."""
    expect(page.part("save")).to_have_attribute("data-state", "saved", timeout=10_000)
    answer = Annotation.objects.get(task__code=page.task["code"])
    (region,) = (answer.draft or answer.document)["regions"]
    return region


def _outside(ring: list[list[float]]) -> float:
    """How far the corners of a ring are from the edge of the thing, at most, in pixels."""
    across = [((x - MIDDLE[0]) / RADII[0], (y - MIDDLE[1]) / RADII[1]) for x, y in ring]
    return max(abs(np.hypot(*place) - 1) * min(RADII) for place in across)


def _find(page: PolygonPage) -> None:
    page.press("Shift+D")
    page.drag((130, 80), (350, 240))
    expect(page.part("message")).to_contain_text("Enter takes the outline", timeout=15_000)


def test_a_box_outlines_a_polygon(page_of, shoot):
    page = page_of("polygon")
    _find(page)
    assert not Annotation.objects.filter(task__code=page.task["code"], draft__isnull=False).exists()
    shoot(page.page, "outline-proposal")
    page.press("Enter")
    expect(page.regions).to_have_count(1)
    parts = _stored(page)["parts"]
    assert len(parts) == 1
    assert _outside(parts[0]) < 2.5
    assert abs(geometry.polygon_area(parts) / _truth().sum() - 1) < 0.03


def test_an_outline_is_dropped_by_escape_and_changed_by_points(page_of, shoot):
    page = page_of("polygon")
    _find(page)
    page.page.mouse.click(*page.on_screen(140, 90))
    expect(page.part("message")).to_contain_text("Enter takes the outline", timeout=15_000)
    shoot(page.page, "outline-points", "light")
    page.press("Escape")
    page.press("Enter")
    expect(page.part("message")).to_contain_text("Draw a region first")
    expect(page.regions).to_have_count(0)


def test_a_box_outlines_a_mask(page_of):
    page = page_of("semantic")
    _find(page)
    page.press("Enter")
    expect(page.regions).to_have_count(1)
    region = _stored(page)
    found = rle.decode(rle.from_text(region["rle"]["counts"], HEIGHT, WIDTH), HEIGHT, WIDTH)
    truth = _truth()
    assert (found & truth).sum() / (found | truth).sum() > 0.97


def test_a_box_shrinks_to_the_thing(page_of):
    page = page_of("box")
    _find(page)
    page.press("Enter")
    expect(page.regions).to_have_count(1)
    region = _stored(page)
    left, top = MIDDLE[0] - RADII[0], MIDDLE[1] - RADII[1]
    found = [region[side] for side in ("x", "y", "width", "height")]
    assert np.allclose(found, [left, top, 2 * RADII[0], 2 * RADII[1]], atol=2.5)


def test_scissors_follow_the_edge(page_of, shoot):
    page = page_of("polygon")
    page.press("d")
    right, bottom = (MIDDLE[0] + RADII[0], MIDDLE[1]), (MIDDLE[0], MIDDLE[1] + RADII[1])
    left, top = (MIDDLE[0] - RADII[0], MIDDLE[1]), (MIDDLE[0], MIDDLE[1] - RADII[1])
    for corner in (right, bottom, left, top):
        page.click(corner)
        page.page.wait_for_timeout(250)
    shoot(page.page, "scissors")
    page.press("Backspace")
    page.page.wait_for_timeout(250)
    page.click(top)
    page.page.wait_for_timeout(250)
    page.click(right)
    expect(page.regions).to_have_count(1)
    parts = _stored(page)["parts"]
    assert len(parts[0]) > 8
    assert _outside(parts[0]) < 3
    assert abs(geometry.polygon_area(parts) / _truth().sum() - 1) < 0.04
