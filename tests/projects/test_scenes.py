import io
from collections import Counter

import numpy as np
import pytest
from PIL import Image

from projects import image_header, scenes
from projects.dicom import pixels
from projects.scenes import lighting, outlines, settings, textures, things, tracing

RANDOM_SEED = 7


@pytest.fixture(scope="module")
def rendered():
    return [scenes.render_scene(seed, 480, 320) for seed in range(5)]


def test_the_same_seed_gives_the_same_picture(rendered):
    again = scenes.render_scene(3, 480, 320)
    assert again.image.tobytes() == rendered[3].image.tobytes()
    assert again.boxes == rendered[3].boxes
    assert scenes.render_scene(8, 480, 320).boxes != rendered[3].boxes


def test_every_kind_of_scene_comes_round(rendered):
    assert [scene.scene_label for scene in rendered] == list(scenes.SCENE_LABELS)
    assert len(scenes.SCENE_LABELS) == 5


def test_boxes_are_inside_and_named(rendered):
    for scene in rendered:
        assert scene.image.size == (480, 320)
        assert len(scene.boxes) >= 3
        for box in scene.boxes:
            assert box.label in scenes.LABELS
            assert 0 <= box.x < box.x + box.width <= 480.05
            assert 0 <= box.y < box.y + box.height <= 320.05
            assert min(box.width, box.height) > 5


def test_pictures_have_contrast_and_no_burnt_areas(rendered):
    for scene in rendered:
        values = np.asarray(scene.image.convert("L"), np.float32)
        assert 50 < values.mean() < 215
        assert values.std() > 18
        assert (values > 253).mean() < 0.1
        assert (values < 3).mean() < 0.1


def test_boxes_touch_what_they_show(rendered):
    """At the border of a box its thing begins: inside, colours differ from the strip just outside."""
    inside, outside = [], []
    for scene in rendered:
        values = np.asarray(scene.image, np.float32)
        edges = np.abs(np.diff(values, axis=1)).sum(axis=2)
        for box in scene.boxes:
            if box.width > 25 and box.x > 14 and box.x + box.width < 466:
                left, top, bottom = round(box.x), round(box.y + box.height * 0.2), round(box.y + box.height * 0.8)
                inside.append(edges[top:bottom, left : left + round(box.width * 0.3)].max(axis=1).mean())
                outside.append(edges[top:bottom, left - 12 : left - 2].max(axis=1).mean())
    assert np.mean(inside) > np.mean(outside) * 1.5


def test_encoded_pictures_are_photographs_of_the_usual_kind(rendered):
    data = scenes.encode(rendered[0].image)
    header = image_header.probe(data, "scene.jpg", verify=True)
    assert (header.format, header.width, header.height, header.mode) == ("JPEG", 480, 320, "RGB")
    assert 8_000 < len(data) < 200_000


@pytest.mark.parametrize("label", scenes.LABELS)
def test_every_thing_fills_the_box_it_is_given(label):
    random = np.random.default_rng(RANDOM_SEED)
    noise = textures.Noise(random)
    thing = things.MAKERS[label](random, noise)
    assert thing.label == label
    scale = max(thing.height, thing.reach * 2)
    origin, target = np.array([0, 2 * scale, -4 * scale]), np.array([0, thing.height / 2, 0])
    camera = tracing.Camera.looking((200, 200), origin, target, 500)
    for body in thing.bodies:
        left, top, right, bottom = window = body.window(camera)
        hits = body.meet(camera.origin, camera.rays(window))
        assert 0.2 < len(hits.pixels) / ((right - left) * (bottom - top)) <= 1
        assert np.allclose(np.linalg.norm(hits.normal, axis=1), 1, atol=1e-4)
        assert (body.world(hits.local)[:, 1] > -0.02 * scale).all()
        look = body.material(hits.local, hits.normal)
        assert look.albedo.shape == (len(hits.pixels), 3)
        assert np.isfinite(look.albedo).all()


def test_a_ray_through_the_middle_meets_a_block_and_a_cylinder_at_the_known_distance():
    def grey(local, _normal):
        return tracing.Look(np.full(local.shape, 0.5))

    rays = np.array([[[0, 0, 1], [0, 1, 0]]], np.float32)
    origin = np.array([0, 0.5, -5], np.float32)
    block = tracing.Block(grey, np.zeros(3), half=(1, 1), tall=1)
    lathe = tracing.Lathe(grey, np.zeros(3), profile=((0, 0), (2, 0), (2, 1), (0, 1)), smooth=False)
    for body, distance in ((block, 4), (lathe, 3)):
        hits = body.meet(origin, rays)
        assert hits.pixels.tolist() == [0]
        assert hits.distance.tolist() == pytest.approx([distance])
        assert hits.normal.tolist() == [pytest.approx([0, 0, -1], abs=1e-5)]


def test_hull_is_the_outline():
    points = np.array([[0, 0], [4, 0], [4, 4], [0, 4], [2, 2], [4, 2]], np.float32)
    assert sorted(map(tuple, lighting.hull(points).tolist())) == [(0, 0), (0, 4), (4, 0), (4, 4)]


def test_things_of_all_settings_can_be_made():
    wanted = Counter(label for setting in settings.SETTINGS for label in setting.things)
    assert set(wanted) == set(scenes.LABELS)


@pytest.mark.slow
def test_thirty_six_pictures_differ_and_show_everything():
    pictures = [scenes.render_scene(seed, 480, 320) for seed in range(36)]
    small = [np.asarray(scene.image.resize((24, 16), Image.Resampling.BOX), np.float32).ravel() for scene in pictures]
    gaps = [np.abs(one - other).mean() for index, one in enumerate(small) for other in small[:index]]
    assert min(gaps) > 5
    seen = Counter(box.label for scene in pictures for box in scene.boxes)
    assert min(seen[label] for label in scenes.LABELS) >= 5


def test_outlines_go_around_what_can_be_seen(rendered):
    for scene in rendered:
        for box in scene.boxes:
            xs, ys = zip(*(point for ring in box.outline for point in ring), strict=True)
            seen = (min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys))
            assert np.allclose(seen, (box.x, box.y, box.width, box.height), atol=0.1)


@pytest.mark.parametrize(
    ("rows", "areas"),
    [
        (["##", "##"], [3.5]),
        (["###", "#.#", "###"], [8.5, -0.5]),
        (["#.", ".#"], [0.5, 0.5]),
        ([".#.", "###", ".#."], [4.5]),
    ],
)
def test_outlines_of_pixels(rows, areas):
    """Rings run through the middles of the pixels' sides, so that every corner is cut off by an eighth."""
    mask = np.array([[cell == "#" for cell in row] for row in rows])
    rings = [np.array(ring) for ring in outlines.trace(mask)]
    found = [float(np.dot(r[:, 0], np.roll(r[:, 1], -1)) - np.dot(r[:, 1], np.roll(r[:, 0], -1))) / 2 for r in rings]
    assert sorted(found) == sorted(areas)


def test_a_slice_is_the_same_for_its_seed_and_measured_in_hounsfield_units():
    files = [scenes.render_slice(seed) for seed in (1, 1, 2)]
    assert files[0] == files[1] != files[2]
    grey = pixels.decode(io.BytesIO(files[0]), 0, max_pixels=10**6)
    values = grey.values * grey.scale.slope + grey.scale.intercept
    assert values.shape == (512, 512)
    air, lung, muscle = values[20:60, 20:60], values[230:290, 140:170], values[160:170, 250:262]
    assert [round(float(np.median(part)), -2) for part in (air, lung, muscle)] == [-1000, -800, 0]
