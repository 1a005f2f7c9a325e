import pytest

from projects import taxonomy
from projects.errors import Conflict
from projects.label_tree import InvalidTaxonomy, Node, from_lines, from_nested, to_lines, to_nested
from projects.models import AuditEvent, Label, Project
from projects.palette import PALETTE
from tests import factories

ANIMALS = "Animal/Cat\nAnimal/Dog\nColour/Black\nColour/White"


@pytest.fixture
def draft(db):
    return factories.ProjectFactory(state=Project.State.DRAFT)


@pytest.fixture
def running(db):
    return factories.ProjectFactory(state=Project.State.RUNNING)


def rows(project):
    labels = Label.objects.filter(project=project).active().order_by("position")
    return [(label.position, label.depth, label.path, label.hotkey) for label in labels]


def label(project, path):
    return Label.objects.filter(project=project).active().get(path=path)


def test_lines_become_a_tree_with_missing_parents_made():
    nodes = from_lines("  Animal/Cat \n\nAnimal\n/Animal/Dog/\nColour")
    assert to_lines(nodes) == "Animal\nAnimal/Cat\nAnimal/Dog\nColour"


@pytest.mark.parametrize(
    ("lines", "detail"),
    [
        ("Animal//Cat", "Line 1 (“Animal//Cat”) has an empty name between two slashes."),
        ("a/b/c/d/e/f/g", "“a/b/c/d/e/f/g”: a label can be at most 6 levels deep."),
        ("x" * 101, f"“{'x' * 30}…”: a name has at most 100 characters."),
    ],
)
def test_lines_that_cannot_be_name_the_node(lines, detail):
    with pytest.raises(InvalidTaxonomy) as caught:
        from_lines(lines)
    assert caught.value.detail == detail


@pytest.mark.parametrize(
    ("labels", "fields"),
    [
        ([{"name": ""}], {"labels.0.name": ["A label has no name."]}),
        (
            [{"name": "Animal", "children": [{"name": "Cat"}, {"name": " "}]}],
            {"labels.0.children.1.name": ["A label under “Animal” has no name."]},
        ),
        (
            [{"name": "Cat"}, {"name": "Cat"}],
            {"labels.1.name": ["“Cat” is there twice. Names must differ on one level."]},
        ),
        ([{"name": "a/b"}], {"labels.0.name": ["“a/b”: a name cannot contain “/”, which separates the levels."]}),
        (
            [{"name": "Cat", "hotkey": "1"}, {"name": "Dog", "hotkey": "1"}],
            {"labels.1.hotkey": ["“Dog”: the hotkey 1 belongs to “Cat” already."]},
        ),
        ([{"name": "Cat", "hotkey": "0"}], {"labels.0.hotkey": ["“Cat”: a hotkey is one of the digits 1 to 9."]}),
        ([{"name": "Cat", "colour": "red"}], {"labels.0.colour": ["“Cat”: a colour is written like #2f7d8c."]}),
        ([{"name": "Cat", "size": 3}], {"labels.0": ["A label has no property “size”."]}),
        ([{"name": 3}], {"labels.0.name": ["The name of a label must be text."]}),
        ([{"name": "Cat", "code": "no"}], {"labels.0.code": ["The code of a label is a UUID."]}),
        ({"name": "Cat"}, {"labels": ["Labels must be a list."]}),
        (["Cat"], {"labels.0": ["A label must be an object with a name."]}),
        (
            [{"name": "Cat\tDog"}],
            {"labels.0.name": ["“Cat\tDog”: a name cannot contain tabs or other control characters."]},
        ),
    ],
)
def test_nested_labels_that_cannot_be_say_which_and_why(labels, fields):
    with pytest.raises(InvalidTaxonomy) as caught:
        from_nested(labels)
    assert caught.value.fields == fields


def test_nested_labels_deeper_than_six_are_refused():
    deep = {"name": "leaf"}
    for level in range(6):
        deep = {"name": f"level {level}", "children": [deep]}
    with pytest.raises(InvalidTaxonomy, match="at most 6 levels"):
        from_nested([deep])


def test_nested_round_trip(draft):
    taxonomy.save(project=draft, nodes=from_lines(ANIMALS), actor=None)
    nodes = taxonomy.read(draft)
    assert from_nested(to_nested(nodes)) == nodes


def test_first_nine_get_hotkeys_and_colours_differ(draft):
    taxonomy.save(project=draft, nodes=from_lines("\n".join("abcdefghijk")), actor=None)
    assert [row[3] for row in rows(draft)] == [*"123456789", "", ""]
    colours = list(Label.objects.filter(project=draft).order_by("position").values_list("colour", flat=True))
    assert colours == list(PALETTE[:11])


def test_save_keeps_order_depth_and_path(draft):
    change = taxonomy.save(project=draft, nodes=from_lines(ANIMALS), actor=None)
    assert change.added == ("Animal", "Animal/Cat", "Animal/Dog", "Colour", "Colour/Black", "Colour/White")
    assert rows(draft) == [
        (0, 0, "Animal", "1"),
        (1, 1, "Animal/Cat", "2"),
        (2, 1, "Animal/Dog", "3"),
        (3, 0, "Colour", "4"),
        (4, 1, "Colour/Black", "5"),
        (5, 1, "Colour/White", "6"),
    ]
    assert label(draft, "Animal/Dog").parent == label(draft, "Animal")


def test_saving_the_same_tree_changes_nothing(running):
    taxonomy.save(project=running, nodes=from_lines(ANIMALS), actor=None)
    events = AuditEvent.objects.count()
    assert not taxonomy.save(project=running, nodes=taxonomy.read(running), actor=None)
    assert AuditEvent.objects.count() == events


def test_renaming_a_parent_renames_all_paths_below(running):
    taxonomy.save(project=running, nodes=from_lines("A/B/C\nD"), actor=None)
    taxonomy.rename(label=label(running, "A"), name=" Z ", actor=None)
    assert [row[2] for row in rows(running)] == ["Z", "Z/B", "Z/B/C", "D"]


def test_two_labels_can_swap_names_and_hotkeys(running):
    taxonomy.save(project=running, nodes=from_lines("Cat\nDog"), actor=None)
    cat, dog = taxonomy.read(running)
    codes = (cat.code, dog.code)
    cat.name, dog.name, cat.hotkey, dog.hotkey = "Dog", "Cat", "2", "1"
    taxonomy.save(project=running, nodes=[cat, dog], actor=None)
    assert rows(running) == [(0, 0, "Dog", "2"), (1, 0, "Cat", "1")]
    assert (label(running, "Dog").code, label(running, "Cat").code) == codes


def test_add_under_a_parent_takes_the_next_key_and_colour(running):
    taxonomy.save(project=running, nodes=from_lines(ANIMALS), actor=None)
    made = taxonomy.add(
        project=running, name="Bird", parent=label(running, "Animal").code, index=0, actor=None, handling="continue"
    )
    assert (made.path, made.position, made.hotkey, made.colour) == ("Animal/Bird", 1, "7", PALETTE[6])


def test_add_of_a_name_that_is_there_is_refused(running):
    taxonomy.save(project=running, nodes=from_lines(ANIMALS), actor=None)
    with pytest.raises(InvalidTaxonomy, match="“Animal” is there twice"):
        taxonomy.add(project=running, name="Animal", actor=None)


def test_move_takes_the_branch_along(running):
    taxonomy.save(project=running, nodes=from_lines("A/B/C\nD"), actor=None)
    moved = taxonomy.move(label=label(running, "A/B"), parent=label(running, "D").code, actor=None)
    assert (moved.path, moved.parent) == ("D/B", label(running, "D"))
    assert [row[2] for row in rows(running)] == ["A", "D", "D/B", "D/B/C"]


def test_move_to_the_root_and_under_itself(running):
    taxonomy.save(project=running, nodes=from_lines("A/B"), actor=None)
    with pytest.raises(InvalidTaxonomy, match="cannot be moved under itself"):
        taxonomy.move(label=label(running, "A"), parent=label(running, "A/B").code, actor=None)
    assert taxonomy.move(label=label(running, "A/B"), index=0, actor=None).path == "B"
    assert [row[2] for row in rows(running)] == ["B", "A"]


def test_move_below_the_sixth_level_is_refused(running):
    taxonomy.save(project=running, nodes=from_lines("a/b/c/d/e/f\nX/Y"), actor=None)
    with pytest.raises(InvalidTaxonomy, match="at most 6 levels"):
        taxonomy.move(label=label(running, "X"), parent=label(running, "a/b/c/d/e").code, actor=None)
    assert label(running, "X").depth == 0


def test_reorder(running):
    taxonomy.save(project=running, nodes=from_lines("A\nB\nC"), actor=None)
    codes = [label(running, name).code for name in "CAB"]
    taxonomy.reorder(project=running, parent=None, codes=codes, actor=None)
    assert [row[2] for row in rows(running)] == ["C", "A", "B"]
    with pytest.raises(Conflict):
        taxonomy.reorder(project=running, parent=None, codes=codes[:2], actor=None)


def test_archiving_takes_the_branch_and_frees_path_and_key(running):
    taxonomy.save(project=running, nodes=from_lines("A/B\nC"), actor=None)
    old = label(running, "A/B")
    taxonomy.archive(label=label(running, "A"), actor=None)
    assert rows(running) == [(0, 0, "C", "3")]
    old.refresh_from_db()
    assert old.archived_at is not None
    assert taxonomy.add(project=running, name="A", actor=None, handling="continue").hotkey == "1"


def test_restoring(running):
    taxonomy.save(project=running, nodes=from_lines("A/B\nC"), actor=None)
    top, below = label(running, "A"), label(running, "A/B")
    taxonomy.archive(label=top, actor=None)
    with pytest.raises(InvalidTaxonomy, match="Restore that one first"):
        taxonomy.restore(label=Label.objects.get(pk=below.pk), actor=None)
    assert taxonomy.restore(label=top, actor=None).position == 1
    taxonomy.rename(label=label(running, "A"), name="Z", actor=None)
    assert taxonomy.restore(label=Label.objects.get(pk=below.pk), actor=None).path == "Z/B"


def test_restoring_a_name_that_was_taken_is_refused(running):
    taxonomy.save(project=running, nodes=from_lines("A"), actor=None)
    old = label(running, "A")
    taxonomy.archive(label=old, actor=None)
    taxonomy.add(project=running, name="A", actor=None)
    with pytest.raises(InvalidTaxonomy, match="another label “A”"):
        taxonomy.restore(label=old, actor=None)


def test_a_draft_deletes_what_it_drops_but_not_what_moved_out_of_it(draft):
    taxonomy.save(project=draft, nodes=from_lines("A/B\nC"), actor=None)
    a, c = taxonomy.read(draft)
    taxonomy.save(project=draft, nodes=[Node("A"), c, a.children[0]], actor=None)
    assert [row[2] for row in rows(draft)] == ["A", "C", "B"]
    assert Label.objects.filter(project=draft).count() == 3


def test_a_tree_with_an_archived_label_is_a_conflict(running):
    taxonomy.save(project=running, nodes=from_lines("A\nB"), actor=None)
    stale = taxonomy.read(running)
    taxonomy.archive(label=label(running, "A"), actor=None)
    with pytest.raises(Conflict, match="“A” was archived"):
        taxonomy.save(project=running, nodes=stale, actor=None)


def test_a_label_of_another_project_is_no_label_here(running, draft):
    taxonomy.save(project=draft, nodes=from_lines("A"), actor=None)
    with pytest.raises(Conflict):
        taxonomy.save(project=running, nodes=taxonomy.read(draft), actor=None)


@pytest.mark.parametrize("state", ["completed", "archived"])
def test_finished_projects_keep_their_labels(state, db):
    project = factories.ProjectFactory(state=state)
    with pytest.raises(Conflict, match=state):
        taxonomy.add(project=project, name="A", actor=None)


def test_update_changes_colour_key_and_description(running):
    taxonomy.save(project=running, nodes=from_lines("A\nB"), actor=None)
    changed = taxonomy.update(
        label=label(running, "A"), colour="#112233", hotkey="9", description=" What it is ", actor=None
    )
    assert (changed.colour, changed.hotkey, changed.description) == ("#112233", "9", "What it is")


def test_a_thousand_labels_take_a_bounded_number_of_queries(running, django_assert_max_num_queries):
    lines = "\n".join(f"Group {n % 30}/Kind {n}" for n in range(1000))
    with django_assert_max_num_queries(14):
        taxonomy.save(project=running, nodes=from_lines(lines), actor=None)
    assert len(rows(running)) == 1030


def test_saves_are_recorded(running):
    user = factories.UserFactory()
    taxonomy.add(project=running, name="A", actor=user)
    event = AuditEvent.objects.latest("id")
    assert (event.action, event.actor, event.detail) == ("labels.save", user, {"added": ["A"]})
