import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from pycocotools import mask as coco_mask

from annotations import rle

# pycocotools 2.0.11 still speaks NumPy 1's array protocol.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

masks = npst.arrays(np.uint8, npst.array_shapes(min_dims=2, max_dims=2, max_side=40), elements=st.integers(0, 1))


@given(masks)
def test_rle_equals_pycocotools(mask):
    height, width = mask.shape
    runs = rle.encode(mask)
    theirs = coco_mask.encode(np.asfortranarray(mask))
    assert rle.compress(runs) == theirs["counts"].decode()
    assert rle.decompress(rle.compress(runs)).tolist() == runs.tolist()
    assert rle.decode(runs, height, width).tolist() == mask.tolist()
    assert rle.area(runs) == coco_mask.area(theirs)
    assert list(rle.bounding_box(runs, height)) == coco_mask.toBbox(theirs).tolist()


@given(st.lists(st.integers(0, 50_000_000), min_size=1, max_size=60))
def test_counts_survive_any_run_lengths(lengths):
    runs = np.array(lengths, dtype=np.int64)
    assert rle.decompress(rle.compress(runs)).tolist() == lengths


def test_large_blob_round_trips():
    y, x = np.mgrid[:960, :1280]
    mask = ((x - 600) ** 2 + (y - 400) ** 2 < 300**2).astype(np.uint8)
    mask &= np.random.default_rng(3).random(mask.shape) > 0.1
    text = rle.compress(rle.encode(mask))
    assert text == coco_mask.encode(np.asfortranarray(mask))["counts"].decode()
    assert (rle.decode(rle.from_text(text, 960, 1280), 960, 1280) == mask).all()


@pytest.mark.parametrize("text", ["", "é", "\x10", "zz", "PPPPPPPPPPPPPPPPPPPP0", "P" * 5])
def test_text_that_is_not_rle_is_refused(text):
    with pytest.raises(rle.RleError):
        rle.decompress(text)


@pytest.mark.parametrize("counts", [[5], [3, 8], [-1, 13], [2**62, 2**62, 12]])
def test_runs_must_fill_the_image(counts):
    with pytest.raises(rle.RleError):
        rle.from_list(counts, 3, 4)
    assert rle.from_list([2, 3, 7], 3, 4).tolist() == [2, 3, 7]


@given(masks, st.integers(0, 2**32))
def test_overlap_finds_a_shared_pixel(mask, seed):
    other = (np.random.default_rng(seed).random(mask.shape) > 0.8).astype(np.uint8)
    assert rle.overlap([rle.encode(mask), rle.encode(other)]) == bool((mask & other).any())
    assert not rle.overlap([rle.encode(mask), rle.encode(1 - mask)])


def test_polygon_fill_takes_pixels_whose_centre_is_inside():
    square = [[1, 1], [4, 1], [4, 3], [1, 3]]
    hole = [[2, 1], [3, 1], [3, 2], [2, 2]]
    assert rle.polygon_to_mask([square, hole], 4, 5).tolist() == [
        [0, 0, 0, 0, 0],
        [0, 1, 0, 1, 0],
        [0, 1, 1, 1, 0],
        [0, 0, 0, 0, 0],
    ]
    assert rle.area(rle.polygon_to_runs([[[-5, -5], [50, -5], [50, 50], [-5, 50]]], 4, 5)) == 20


def test_polygon_fill_is_close_to_pycocotools():
    angles = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    ring = np.stack([80 + 60 * np.cos(angles), 70 + 50 * np.sin(angles)], axis=1)
    ours = rle.polygon_to_mask([ring.tolist()], 150, 160)
    theirs = coco_mask.decode(coco_mask.frPyObjects([ring.ravel().tolist()], 150, 160))[:, :, 0]
    assert (ours & theirs).sum() / (ours | theirs).sum() > 0.98


@pytest.mark.parametrize("written", json.loads((Path(__file__).parents[1] / "js/editor/rle.json").read_text()))
def test_the_editors_examples_are_those_of_pycocotools(written):
    theirs = {"size": written["size"], "counts": written["counts"].encode()}
    pixels = coco_mask.decode(theirs)
    runs = rle.from_text(written["counts"], *written["size"])
    assert (rle.decode(runs, *written["size"]) == pixels).all()
    assert written["area"] == coco_mask.area(theirs) == rle.area(runs)
    assert written["box"] == coco_mask.toBbox(theirs).tolist() == list(rle.bounding_box(runs, written["size"][0]))
    assert coco_mask.encode(np.asfortranarray(pixels))["counts"].decode() == written["counts"]


@given(masks)
def test_a_sample_is_the_mask_at_those_pixels(mask):
    height, width = mask.shape
    rows, columns = np.arange(0, height, 3), np.arange(0, width, 2)
    assert (rle.sample(rle.encode(mask), height, rows, columns) == mask[::3, ::2].astype(bool)).all()
