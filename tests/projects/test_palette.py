from itertools import combinations

import numpy as np
import pytest

from projects import palette

SIGHTS = ["", *palette.DEFICIENCIES]


def closest(count, deficiency):
    rgb = np.array([[int(colour[at : at + 2], 16) for at in (1, 3, 5)] for colour in palette.PALETTE[:count]], float)
    lab = palette.oklab(rgb, deficiency)
    return min(float(np.linalg.norm(one - other)) for one, other in combinations(lab, 2))


def test_oklab_of_known_colours():
    known = palette.oklab(np.array([[255, 255, 255], [255, 0, 0]], float))
    assert known.tolist() == [pytest.approx([100, 0, 0], abs=1e-3), pytest.approx([62.796, 22.486, 12.585], abs=1e-2)]


def test_greys_look_grey_with_every_deficiency():
    for deficiency in palette.DEFICIENCIES:
        assert palette.oklab(np.full((1, 3), 128.0), deficiency)[0, 1:].tolist() == pytest.approx([0, 0], abs=0.05)


@pytest.mark.parametrize("deficiency", SIGHTS)
@pytest.mark.parametrize(("count", "ordinary", "deficient"), [(9, 14, 8), (16, 10, 6), (24, 9, 5.4)])
def test_colours_stay_apart(count, ordinary, deficient, deficiency):
    """The floors are OKLab distances times 100; two is about what an eye can just tell apart."""
    assert closest(count, deficiency) > (deficient if deficiency else ordinary)


def test_the_method_gives_the_palette():
    assert palette.generate() == palette.PALETTE


def test_there_are_24_colours_and_then_they_repeat():
    assert len(set(palette.PALETTE)) == 24
    assert [palette.colour_for(position) for position in (0, 23, 24)] == [
        palette.PALETTE[0],
        palette.PALETTE[23],
        palette.PALETTE[0],
    ]


def test_the_next_colour_is_the_one_used_least():
    first, second, third, *rest = palette.PALETTE
    assert palette.next_colour([]) == first
    assert palette.next_colour([second, first, "#123456"]) == third
    assert palette.next_colour([first, third, third, *rest, second, first]) == second
