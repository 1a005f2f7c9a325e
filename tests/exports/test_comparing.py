from collections import Counter
from typing import Any

from exports import comparing
from exports.formats.records import ExportCategory
from exports.freezing import Line

CAT, DOG, COW, OX = (
    ExportCategory(n, p, f"Animal/{p}", p.lower()) for n, p in enumerate(("Cat", "Dog", "Cow", "Ox"), 1)
)


def box(code: str, label: str, x: float = 1, **more: Any) -> dict[str, Any]:
    return {"id": code, "label": label, "shape": "box", "x": x, "y": 1, "width": 5, "height": 5, **more}


def line(task: int, *regions: dict[str, Any], labels: tuple[str, ...] = (), split: str = "") -> Line:
    document = {"labels": [*labels], "regions": [*regions]}
    return Line(task, f"code-{task}", f"{task}.jpg", 9, 9, "", "", "labelled", "", "", split, 1, "k", 0, "", document)


def changes(before: list[Line], after: list[Line], olds: Any = (CAT, DOG), news: Any = (CAT, DOG)) -> comparing.Changes:
    seen: list[int] = []
    found = comparing.compare((olds, before), (news, after), seen.append)
    assert seen == list(range(1, len({one.task for one in [*before, *after]}) + 1))
    return found


def test_images_come_go_and_stay() -> None:
    found = changes(
        [line(1), line(2, box("a", "cat")), line(5, split="train")],
        [line(2, box("a", "cat")), line(3, box("b", "dog"), box("c", "dog")), line(5, split="val"), line(9)],
    )
    assert (found.images_added, found.images_removed, found.images_changed, found.images_same) == (2, 1, 0, 2)
    assert found.images_moved == 1
    assert found.annotations_added == Counter({"Animal/Dog": 2})
    assert found.examples == {"removed": [("code-1", "1.jpg")], "added": [("code-3", "3.jpg"), ("code-9", "9.jpg")]}


def test_regions_are_the_same_by_their_ids() -> None:
    old = [line(1, box("same", "cat"), box("moved", "cat"), box("other", "cat"), box("gone", "dog"))]
    new = [
        line(
            1,
            box("same", "cat", origin="import"),
            box("moved", "cat", x=2),
            box("other", "dog"),
            box("new", "cat"),
        )
    ]
    found = changes(old, new)
    assert found.annotations_changed == Counter({"Animal/Cat": 1, "Animal/Dog": 1})
    assert found.annotations_added == Counter({"Animal/Cat": 1})
    assert found.annotations_removed == Counter({"Animal/Dog": 1})
    assert (found.images_changed, found.images_same, found.examples) == (1, 0, {"changed": [("code-1", "1.jpg")]})


def test_labels_of_images_count_like_regions() -> None:
    found = changes([line(1, labels=("cat",))], [line(1, labels=("dog",))])
    assert (found.annotations_added, found.annotations_removed) == ({"Animal/Dog": 1}, {"Animal/Cat": 1})


def test_labels_are_known_by_their_codes() -> None:
    renamed = ExportCategory(2, "Hound", "Animal/Hound", "dog")
    found = changes([line(1, box("a", "dog"))], [line(1, box("a", "dog"))], (CAT, DOG, OX), (CAT, renamed, COW))
    assert (found.labels_added, found.labels_removed) == (["Animal/Cow"], ["Animal/Ox"])
    assert found.labels_renamed == [("Animal/Dog", "Animal/Hound")]
    assert found.images_same == 1


def test_only_so_many_images_are_named() -> None:
    found = changes([], [line(number) for number in range(1, 300)])
    assert (found.images_added, len(found.examples["added"])) == (299, comparing.EXAMPLES)
