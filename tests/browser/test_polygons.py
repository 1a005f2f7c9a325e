"""The polygon tools under the mouse and the keys, and what is stored of them."""

import itertools

import numpy as np
import pytest
from playwright.sync_api import expect

from annotations import crossings, geometry
from annotations.models import Annotation
from projects.models import Project
from tests.browser.labelling import BoxPage

SQUARE = [(120, 80), (220, 80), (220, 180), (120, 180)]
HOLE = [(150, 110), (190, 110), (190, 150), (150, 150)]
NEXT_DOOR = [(220, 80), (320, 80), (320, 180), (220, 180)]


class PolygonPage(BoxPage):
    """The region editor with polygon tools; positions are pixels of the fitted image."""

    def on_screen(self, x: float, y: float) -> tuple[float, float]:
        """The screen position, on whole screen pixels."""
        return tuple(map(round, self.screen(x, y)))

    def image(self, x: float, y: float) -> tuple[float, float]:
        """The image position that a click at an image position has, because screens have whole pixels."""
        scale, left, top = self._fit()
        sx, sy = self.on_screen(x, y)
        return round((sx - left) / scale, 2), round((sy - top) / scale, 2)

    def click(self, *points: tuple[float, float]) -> None:
        for point in points:
            self.page.mouse.move(*self.on_screen(*point))
            self.page.mouse.click(*self.on_screen(*point))

    def drag(self, *points: tuple[float, float]) -> None:
        mouse = self.page.mouse
        mouse.move(*self.on_screen(*points[0]))
        mouse.down()
        for point in points[1:]:
            mouse.move(*self.on_screen(*point), steps=4)
        mouse.up()

    def polygon(self, points: list[tuple[float, float]]) -> None:
        self.press("p")
        self.click(*points)
        self.press("Enter")

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def parts(self) -> list[list[list[list[float]]]]:
        """The outlines that the server has, after the page says it has saved."""
        expect(self.part("save")).to_have_attribute("data-state", "saved", timeout=10_000)
        answer = Annotation.objects.get(task__code=self.task["code"])
        return [region["parts"] for region in (answer.draft or answer.document)["regions"]]

    def same(self, ring: list[list[float]], points: list[tuple[float, float]], tolerance: float = 0.02) -> bool:
        wanted = [self.image(*point) for point in points]
        return len(ring) == len(wanted) and bool(
            np.allclose(sorted(map(tuple, ring)), sorted(wanted), atol=tolerance, rtol=0)
        )


@pytest.fixture
def project(world) -> Project:
    return world.project("polygon", ["Fruit", "Vessel", "Other"], images=2)


@pytest.fixture
def labelling(world, desk, project):
    one = desk(world.labellers[0])
    return PolygonPage(one.page, project).open()


def test_draw_by_clicks_close_submit_and_see_it_again(labelling, project):
    page = labelling
    page.click(*SQUARE[:3])
    page.click((300, 200))
    page.press("Backspace")
    page.click(SQUARE[3])
    page.press("Enter")
    expect(page.regions).to_have_count(1)
    page.click((300, 200), (380, 200), (380, 280))
    page.page.mouse.dblclick(*page.on_screen(300, 280))
    expect(page.regions).to_have_count(2)
    page.click((20, 20), (60, 20), (60, 60), (21, 21))
    expect(page.regions).to_have_count(3)
    page.click((20, 200), (60, 200))
    page.press("Escape")
    first, second, third = page.parts()
    assert page.same(first[0], SQUARE)
    assert page.same(second[0], [(300, 200), (380, 200), (380, 280), (300, 280)])
    assert page.same(third[0], [(20, 20), (60, 20), (60, 60)])

    code = page.task["code"]
    page.page.reload()
    page.ready()
    expect(page.regions).to_have_count(3)
    sent = page.submit()["items"][0]["document"]
    assert [region["parts"] for region in sent["regions"]] == [first, second, third]
    assert Annotation.objects.get(task__code=code).document == sent


def test_a_crossing_is_shown_and_refused(labelling, shoot):
    page = labelling
    page.click((120, 80), (220, 80), (220, 180))
    page.page.mouse.move(*page.on_screen(160, 40))
    shoot(page.page, "polygon-crossing")
    page.click((160, 40))
    expect(page.part("message")).to_contain_text("cross itself")
    page.press("Backspace", "Backspace", "Enter")
    expect(page.part("message")).to_contain_text("at least three points")
    expect(page.regions).to_have_count(0)
    # Enter belongs to the outline, so nothing was submitted.
    assert not Annotation.objects.filter(task__code=page.task["code"]).exists()


def test_draw_by_hand_while_the_view_moves(labelling, shoot):
    page = labelling
    circle = [(240 + 90 * np.cos(a), 160 + 90 * np.sin(a)) for a in np.linspace(0, 2 * np.pi, 60)]
    page.drag(*circle)
    expect(page.regions).to_have_count(1)
    (ring,) = page.parts()[0]
    assert 12 <= len(ring) <= 60
    assert geometry.ring_area(ring) == pytest.approx(np.pi * 90**2, rel=0.02)

    page.press("p")
    page.click((20, 20), (80, 20))
    page.page.keyboard.down("Space")
    page.drag((100, 100), (160, 130))
    page.page.keyboard.up("Space")
    page.page.mouse.wheel(0, -300)
    shoot(page.page, "polygon-zoomed-draft", "dark")
    page.press("f")
    page.click((80, 60), (20, 60))
    page.press("Enter")
    assert page.same(page.parts()[1][0], [(20, 20), (80, 20), (80, 60), (20, 60)])


def test_points_are_added_moved_and_removed(labelling, shoot):
    page = labelling
    page.polygon(SQUARE)
    page.press("u")
    page.page.mouse.move(*page.on_screen(170, 80))
    shoot(page.page, "polygon-points")
    page.drag((170, 80), (170, 40))
    expect(page.regions.first).to_contain_text("5 points")
    page.click(SQUARE[0])
    expect(page.regions.first).to_contain_text("4 points")
    page.press("m")
    page.drag((170, 40), (180, 50))
    # The dragged point stays chosen, so keys go on with it.
    page.press("ArrowRight", "Shift+ArrowDown", "Alt+j")
    shoot(page.page, "polygon-chosen-point")
    (ring,) = page.parts()[0]
    (first, *rest) = ring
    wanted = page.image(170, 40)
    moved = np.subtract(page.image(180, 50), wanted) + wanted + (1, 10)
    assert np.allclose(first, moved, atol=0.8)
    assert page.same(rest, SQUARE[1:])
    page.press("Insert")
    expect(page.regions.first).to_contain_text("5 points")
    page.press("Delete", "Control+z", "Control+z")
    expect(page.regions.first).to_contain_text("4 points")
    # A drag that would cross goes back.
    page.drag(SQUARE[2], (100, 60))
    expect(page.part("message")).to_contain_text("taken back")
    assert page.parts() == [[ring]]


def test_holes_parts_joining_and_cutting(labelling, shoot):
    page = labelling
    page.polygon(SQUARE)
    page.press("Alt+x")
    page.click(*HOLE)
    page.page.mouse.move(*page.on_screen(152, 112))
    shoot(page.page, "polygon-hole")
    page.press("Enter")
    expect(page.regions.first).to_contain_text("1 hole")
    page.press("Alt+a")
    page.click((240, 200), (280, 200), (280, 240))
    page.press("Enter")
    expect(page.regions.first).to_contain_text("2 parts")
    shoot(page.page, "polygon-parts")
    (parts,) = page.parts()
    drawn = [SQUARE, HOLE, [(240, 200), (280, 200), (280, 240)]]
    assert [page.same(ring, wanted) for ring, wanted in zip(parts, drawn, strict=True)] == [True] * 3
    assert crossings.has_holes(parts)
    page.press("Escape")
    page.polygon([(200, 100), (320, 100), (320, 160), (200, 160)])
    expect(page.regions).to_have_count(2)
    page.press("m", "Control+a", "Shift+j")
    expect(page.regions).to_have_count(1)
    joined = page.parts()[0]
    assert crossings.crossing_rings(joined) is None
    assert all(geometry.is_simple(ring) for ring in joined)
    shoot(page.page, "polygon-joined")

    page.press("Shift+k")
    page.click((260, 60))
    page.page.mouse.move(*page.on_screen(260, 195))
    shoot(page.page, "polygon-split")
    page.click((260, 195))
    expect(page.regions).to_have_count(2)
    pieces = page.parts()
    shared = {tuple(p) for p in itertools.chain(*pieces[0])} & {tuple(p) for p in itertools.chain(*pieces[1])}
    assert len(shared) == 2
    assert sum(map(geometry.polygon_area, pieces)) == pytest.approx(geometry.polygon_area(joined), rel=1e-3)
    shoot(page.page, "polygon-split-done")


def test_neighbours_share_their_border(labelling, shoot):
    page = labelling
    border = [(220, 80), (235, 100), (215, 120), (240, 150), (220, 180)]
    page.polygon([(120, 80), *border, (120, 180)])
    page.press("p")
    page.click((222, 82))
    page.page.keyboard.down("Shift")
    page.page.mouse.move(*page.on_screen(222, 178))
    shoot(page.page, "polygon-follow")
    page.click((222, 178))
    page.page.keyboard.up("Shift")
    page.click((320, 180), (320, 80))
    page.press("Enter")
    expect(page.regions).to_have_count(2)
    first, second = page.parts()
    assert {tuple(p) for p in first[0]} & {tuple(p) for p in second[0]} == {page.image(*p) for p in border}
    assert len(second[0]) == len(border) + 2

    # On a side there is no point yet: the neighbour gets one.
    page.press("p")
    page.page.mouse.move(*page.on_screen(121, 130))
    shoot(page.page, "polygon-snap")
    page.click((121, 130), (60, 130), (60, 170), (121, 170))
    page.press("Enter")
    first, _, third = page.parts()
    assert len({tuple(p) for p in first[0]} & {tuple(p) for p in third[0]}) == 2


def test_simplify_previews_and_keeps(labelling, shoot):
    page = labelling
    wave = [
        (240 + (90 + 3 * np.sin(9 * a)) * np.cos(a), 160 + (90 + 3 * np.sin(9 * a)) * np.sin(a))
        for a in np.linspace(0, 2 * np.pi, 90)
    ]
    page.drag(*wave)
    expect(page.regions).to_have_count(1)
    before = page.parts()[0][0]
    page.press("y", *["ArrowRight"] * 8)
    expect(page.part("options")).to_contain_text(f"{len(before)} →")
    shoot(page.page, "polygon-simplify")
    page.press("Escape")
    assert page.parts()[0][0] == before
    page.press("y", "Enter")
    expect(page.regions.first).not_to_contain_text(f"{len(before)} points")
    after = page.parts()[0][0]
    assert len(after) < len(before)
    assert geometry.is_simple(after)


def test_fingers_draw_pinch_and_close(world, desk, project, shoot):
    one = desk(world.labellers[0], viewport={"width": 400, "height": 800}, has_touch=True, is_mobile=True)
    page = PolygonPage(one.page, project).open()
    for point in [(60, 60), (400, 60), (400, 260)]:
        page.page.touchscreen.tap(*page.on_screen(*point))
    shoot(page.page, "polygon-touch")
    page.page.touchscreen.tap(*page.on_screen(62, 62))
    expect(page.regions).to_have_count(1)
    assert page.same(page.parts()[0][0], [(60, 60), (400, 60), (400, 260)])
