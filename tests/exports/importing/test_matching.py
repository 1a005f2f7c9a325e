"""Which image of a project a name in a file means."""

import pytest

from exports.importing.options import Reading
from projects.models import Image
from tests.exports.importing.conftest import Desk, MakeDesk

pytestmark = pytest.mark.django_db


def rename(desk: Desk, *paths: str) -> None:
    for image, path in zip(Image.objects.order_by("pk"), paths, strict=True):
        image.key, image.name = path, path.rpartition("/")[2]
        image.save(update_fields=["key", "name"])


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("a/1.jpg", "a/1.jpg"),
        ("home/me/a/1.jpg", "a/1.jpg"),
        ("b\\1.jpg", "b/1.jpg"),
        ("1.jpg", None),
        ("c/1.jpg", None),
        ("2.jpg", "c/d/2.jpg"),
        ("d/2.jpg", "c/d/2.jpg"),
        ("other/2.jpg", "c/d/2.jpg"),
        ("a/1", "a/1.jpg"),
        ("2", "c/d/2.jpg"),
        ("https://host/x/a/1.jpg?sig=1", "a/1.jpg"),
        ("with%20space.jpg", "with space.jpg"),
        ("nowhere.jpg", None),
    ],
)
def test_images_are_found_by_path_and_by_name(make_desk: MakeDesk, name: str, found: str | None) -> None:
    desk = make_desk(tasks=4)
    rename(desk, "a/1.jpg", "b/1.jpg", "c/d/2.jpg", "with space.jpg")
    data = f"image,label,x,y,width,height\n{name},{desk.bench.labels[0].path},1,2,3,4\n".encode()
    made = desk.write(desk.check(data, "a.csv"))
    assert [task.image.key for task in desk.tasks() if task.final] == ([found] if found else [])
    if found is None:
        is_known = name.endswith("1.jpg")
        assert (made.report["ambiguous"], made.report["unknown"]) == (int(is_known), int(not is_known))


def test_whole_paths_alone_count_where_this_was_chosen(make_desk: MakeDesk) -> None:
    desk = make_desk(tasks=2)
    rename(desk, "a/1.jpg", "b/2.jpg")
    rows = "".join(f"{name},{desk.bench.labels[0].path},1,2,3,4\n" for name in ("x/a/1.jpg", "b/2.jpg", "1.jpg"))
    made = desk.check(f"image,label,x,y,width,height\n{rows}".encode(), "a.csv", options=Reading(match="exact"))
    assert (made.report["matched"], made.report["unknown"]) == (1, 2)


def test_uploaded_images_are_found_by_the_path_that_people_know(make_desk: MakeDesk) -> None:
    desk = make_desk(tasks=2)
    for number, image in enumerate(Image.objects.order_by("pk")):
        image.key, image.name, image.metadata = f"k{number}.jpg", "1.jpg", {"path": f"walk{number}/1.jpg"}
        image.save(update_fields=["key", "name", "metadata"])
    data = f"image,label,x,y,width,height\nwalk1/1.jpg,{desk.bench.labels[0].path},1,2,3,4\n".encode()
    desk.write(desk.check(data, "a.csv"))
    assert [bool(task.final) for task in desk.tasks()] == [False, True]
