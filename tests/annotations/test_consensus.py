import math
import time
from typing import Any

import pytest

from annotations import consensus
from annotations.documents import Document, parse


def box(x: float, y: float, width: float = 10, height: float = 10, label: str = "car") -> dict[str, Any]:
    return {"id": f"{x}-{y}-{label}", "shape": "box", "label": label, "x": x, "y": y, "width": width, "height": height}


def polygon(*points: tuple[float, float], label: str = "car") -> dict[str, Any]:
    return {"id": "p", "shape": "polygon", "label": label, "parts": [[list(point) for point in points]]}


def mask(counts: str, x: int, width: int) -> dict[str, Any]:
    rle = {"size": [4, 4], "counts": counts}
    return {"id": "m", "shape": "mask", "label": "car", "rle": rle, "x": x, "y": 0, "width": width, "height": 4}


def regions(*found: dict[str, Any]) -> Document:
    return parse({"labels": [], "regions": list(found), "empty": not found})


def labels(*names: str) -> Document:
    return parse({"labels": list(names), "regions": [], "empty": not names})


@pytest.mark.parametrize(
    ("answers", "agreed", "winner"),
    [
        ([labels("cat"), labels("cat")], True, 0),
        ([labels("cat"), labels("dog")], False, None),
        ([labels("cat"), labels("dog"), labels("dog")], True, 1),
        ([labels("cat"), labels("dog"), labels("cow")], False, None),
        ([labels("cat", "dog"), labels("dog", "cat")], True, 0),
        ([labels("cat", "dog"), labels("cat")], False, None),
        ([labels(), labels()], True, 0),
        ([labels("cat"), labels("cat"), labels("dog"), labels("dog")], False, None),
        ([labels("cat"), None], False, None),
        ([labels("cat"), None, labels("cat")], True, 0),
        ([None, None, labels("cat")], True, None),
        ([None, labels("cat"), None, labels("cat")], True, 1),
    ],
)
def test_verdict(answers: list[Document | None], agreed: bool, winner: int | None) -> None:
    verdict = consensus.judge(answers)
    assert verdict.agreed == agreed
    assert verdict.document is (None if winner is None else answers[winner])


def test_regions_match_one_to_one() -> None:
    near, both = box(1, 0), [box(0, 0), box(100, 100)]
    assert consensus.agree(regions(*both), regions(box(100, 101), near))
    assert not consensus.agree(regions(*both), regions(near, box(2, 0)))
    assert not consensus.agree(regions(box(0, 0)), regions(box(0, 0), box(0, 0)))
    assert not consensus.agree(regions(box(0, 0)), regions(box(0, 0, label="bus")))


def test_matching_is_the_best_one_and_not_the_greedy_one() -> None:
    # The first box fits both, the second only the first of them: taking the nearest first would leave one alone.
    first = regions(box(0, 0, 10, 10), box(0, 0, 10, 6))
    second = regions(box(0, 0, 10, 8), box(0, 0, 10, 19))
    assert consensus.iou(first.regions[0], second.regions[0]) == pytest.approx(0.8)
    assert consensus.iou(first.regions[0], second.regions[1]) == pytest.approx(10 / 19)
    assert consensus.iou(first.regions[1], second.regions[1]) < consensus.MATCHING_IOU
    assert consensus.agree(first, second)


def test_overlap_of_half_is_enough() -> None:
    assert consensus.agree(regions(box(0, 0, 10, 10)), regions(box(0, 0, 10, 20)))
    assert not consensus.agree(regions(box(0, 0, 10, 10)), regions(box(0, 0, 10, 20.1)))


def test_polygon_overlap_is_that_of_its_area() -> None:
    square = polygon((0, 0), (10, 0), (10, 10), (0, 10))
    moved = polygon((5, 0), (15, 0), (15, 10), (5, 10))
    triangle = polygon((0, 0), (10, 0), (0, 10))
    far = polygon((50, 50), (60, 50), (60, 60))
    one, two, three, four = regions(square, moved, triangle, far).regions
    assert math.isclose(consensus.iou(one, two), 1 / 3, abs_tol=0.01)
    assert math.isclose(consensus.iou(one, three), 1 / 2, abs_tol=0.01)
    assert consensus.iou(one, four) == 0


def test_mask_overlap_counts_pixels() -> None:
    # Runs of a 4 x 4 mask, columns first: the first two columns, and the middle two.
    left, middle = mask("088", 0, 2), mask("484", 1, 2)
    one, two = regions(left, middle).regions
    assert consensus.iou(one, one) == 1
    assert consensus.iou(one, two) == pytest.approx(4 / 12)


def test_a_painted_and_an_outlined_instance_are_compared_by_pixels() -> None:
    left = mask("088", 0, 2)
    same, half, far = (polygon((x, 0), (x + 2, 0), (x + 2, 4), (x, 4)) for x in (0, 1, 30))
    painted, one, two, three = regions(left, same, half, far).regions
    assert [consensus.iou(painted, other) for other in (one, two, three)] == [1, pytest.approx(4 / 12), 0]
    assert consensus.iou(two, painted) == pytest.approx(4 / 12)
    assert consensus.agree(regions(left), regions(same))


def test_crowded_documents_are_left_to_a_reviewer(monkeypatch: pytest.MonkeyPatch) -> None:
    crowd = [box(20 * n, 0) for n in range(5)]
    assert consensus.agree(regions(*crowd), regions(*crowd))
    monkeypatch.setattr(consensus, "MOST_PAIRS", 20)
    assert not consensus.agree(regions(*crowd), regions(*crowd))


def squares(count: int, step: float, shift: float = 0) -> Document:
    """Polygons of 40 pixels, each `step` further right than the one before."""
    return regions(
        *(
            polygon((x, 0), (x + 40, 0), (x + 40, 40), (x, 40))
            for x in (shift + step * number for number in range(count))
        )
    )


def test_polygons_that_all_cover_each_other_are_left_to_a_reviewer() -> None:
    """Four million comparisons would hold the task, and a thread of the server, for hours."""
    started = time.monotonic()
    assert not consensus.agree(squares(2000, 0.001), squares(2000, 0.001, 1))
    assert time.monotonic() - started < 10


def test_many_polygons_beside_each_other_are_compared() -> None:
    assert consensus.agree(squares(300, 41), squares(300, 41, 1))
    assert consensus.agree(squares(60, 10), squares(60, 10, 1))
    assert not consensus.agree(squares(300, 41), squares(300, 41, 20.5))
