"""The house rules, on every file; and that each rule finds what it is for."""

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath

import pytest
from django.apps import apps

from tests import architecture
from tests.architecture import APPS, ROOT, Source, python_sources

Rule = Callable[[Source], Iterator[str]]

FOLDERS = {"config", *APPS, "templates", "static", "tests", "docs", "bench", "deploy"}
FILES = {
    "manage.py", "pyproject.toml", "README.md", "Makefile", "package.json", "package-lock.json", "constraints.txt",
    "tsconfig.json", "LICENSE", "SECURITY.md",
}  # fmt: skip
MADE_BY_TOOLS = {"var", "node_modules", "__pycache__", "labelwright.egg-info", "build"}
NO_NAMES = {"utils", "util", "core", "common", "helpers", "misc"}

# House rule 11 excuses User, Workspace and Membership; the last two have a for_user all the same.
WITHOUT_ROWS_OF_A_USER = {
    "projects.User",  # people are reached through memberships
}

LONG_FUNCTION = "def long():\n" + "    x = 1\n" * 50
RULES: list[tuple[Rule, str, str]] = [
    (architecture.published_modules_only, "annotations/queue.py", "from projects.stores.azure import AzureStore"),
    (architecture.published_modules_only, "exports/building.py", "from annotations import settling"),
    (architecture.rows_of_the_user_only, "projects/api/labels.py", "rows = Label.objects.filter(pk=1)"),
    (architecture.rows_of_the_user_only, "projects/views/jobs.py", "rows = models.Job.objects.all()"),
    (architecture.rows_of_the_user_only, "exports/forms.py", "row = Export._default_manager.get(pk=1)"),
    (architecture.tenant_serializers, "projects/api/x.py", "class X(serializers.ModelSerializer): pass"),
    (architecture.tenant_serializers, "projects/api/x.py", "from rest_framework.serializers import ModelSerializer"),
    (architecture.tenant_serializers, "projects/api/x.py", "x = serializers.PrimaryKeyRelatedField(queryset=rows)"),
    (architecture.fields_one_by_one, "projects/api/x.py", "class X:\n    class Meta:\n        fields = '__all__'"),
    (architecture.fields_one_by_one, "projects/api/x.py", "class X:\n    class Meta:\n        exclude = ['id']"),
    (architecture.small_enough, "projects/setup.py", "x = 1\n" * 401),
    (architecture.small_enough, "projects/setup.py", LONG_FUNCTION),
    (architecture.small_enough, "projects/views/jobs.py", "def view():\n" + "    x = 1\n" * 30),
    (architecture.short_handlers, "exports/actors.py", "@jobs.handler('x')\ndef x():\n" + "    y = 1\n" * 11),
    (architecture.no_trusted_html, "projects/forms/x.py", "from django.utils.safestring import mark_safe"),
    (architecture.no_code_from_data, "assist/x.py", "import pickle"),
    (architecture.no_code_from_data, "assist/x.py", "eval('1')"),
    (architecture.no_code_from_data, "assist/x.py", "yaml.load(text)"),
    (architecture.no_code_from_data, "assist/x.py", "torch.load(path)"),
    (architecture.one_image_decoder, "projects/ingest.py", "with Image.open(path) as image: pass"),
    (architecture.one_door_to_the_network, "projects/ingest.py", "import requests"),
    (architecture.one_door_to_the_network, "projects/ingest.py", "from urllib.request import urlopen"),
    (architecture.one_door_to_the_network, "exports/x.py", "from azure.storage.blob import BlobClient"),
    (architecture.failures_are_named, "projects/x.py", "try:\n    go()\nexcept Exception:\n    pass"),
    (architecture.failures_are_named, "projects/x.py", "try:\n    go()\nexcept:\n    pass"),
    (architecture.reasons_given, "projects/x.py", "x = 1  # type: " + "ignore"),
    (architecture.reasons_given, "projects/x.py", "x = 1  # type: " + "ignore[misc]"),
    (architecture.reasons_given, "projects/x.py", "x = 1  # no" + "qa: S608"),
]


def problems(rule: Rule, sources: list[Source]) -> list[str]:
    return [f"{source.path}:{problem}" for source in sources for problem in rule(source)]


@pytest.mark.parametrize("rule", dict.fromkeys(rule for rule, _, _ in RULES), ids=lambda rule: rule.__name__)
def test_code_keeps_the_rule(rule: Rule) -> None:
    everywhere = {architecture.small_enough, architecture.one_door_to_the_network}
    folders = [*APPS, "config", *(["tests", "bench"] if rule is architecture.small_enough else [])]
    assert problems(rule, python_sources(*(folders if rule in everywhere else APPS))) == []


@pytest.mark.parametrize(("rule", "path", "text"), RULES)
def test_rule_finds_a_breach(rule: Rule, path: str, text: str) -> None:
    assert len(problems(rule, [Source(PurePosixPath(path), text)])) == 1


def test_templates_hold_no_code() -> None:
    found = {
        f"{path.relative_to(ROOT)}:{problem}"
        for path in (ROOT / "templates").rglob("*.html")
        for problem in architecture.clean_template(path.read_text(encoding="utf-8"))
    }
    assert sorted(found) == []


@pytest.mark.parametrize(
    "text",
    [
        "<script>go()</script>",
        '<script type="module">go()</script>',
        "<style>p {}</style>",
        '<p class="x" style="color: red">',
        '<button onclick="go()">',
        '<button hx-on:click="go()">',
        '<a href="javascript:go()">',
        "{{ name|safe }}",
        "{% autoescape off %}",
    ],
)
def test_code_in_a_template_is_found(text: str) -> None:
    assert len(list(architecture.clean_template(text))) == 1


def test_scripts_are_small_and_set_text_only() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{problem}"
        for path in sorted((ROOT / "static").rglob("*.js"))
        for problem in architecture.clean_script(path.read_text(encoding="utf-8"))
    ]
    assert found == []


@pytest.mark.parametrize("text", ["row.innerHTML = name", "eval(text)", "new Function(text)", "x;\n" * 251])
def test_breach_in_a_script_is_found(text: str) -> None:
    assert len(list(architecture.clean_script(text))) == 1


def test_every_model_knows_whose_its_rows_are() -> None:
    without = {
        model._meta.label
        for model in apps.get_models()
        if model._meta.app_label in APPS and not hasattr(model._default_manager, "for_user")
    }
    assert without == WITHOUT_ROWS_OF_A_USER


def test_migrations_import_no_app_code_but_the_walls() -> None:
    # Code that a migration imports would have to stay what it was for ever.
    found = [
        f"{path.relative_to(ROOT)}:{line}: {name}"
        for app in APPS
        for path in sorted((ROOT / app / "migrations").glob("*.py"))
        for line, name in Source(PurePosixPath(path.name), path.read_text(encoding="utf-8")).imported()
        if name.split(".")[0] in APPS and not re.match(r"projects\.(tenancy|codes)(\.|$)", name)
    ]
    assert found == []


def test_top_level_is_the_house() -> None:
    found = {
        path.name + "/" * path.is_dir()
        for path in ROOT.iterdir()
        if not path.name.startswith(".") and path.name not in MADE_BY_TOOLS
    }
    assert found <= {f"{name}/" for name in FOLDERS} | FILES


def test_nothing_is_named_after_nothing() -> None:
    # A module is named for its work; what has no name has no place.
    found = [
        path.relative_to(ROOT).as_posix()
        for folder in ("config", *APPS)
        for path in (ROOT / folder).rglob("*")
        if path.stem in NO_NAMES
    ]
    assert found == []


def test_every_app_has_a_published_list() -> None:
    assert set(architecture.PUBLISHED) == set(APPS)
    known = {path.stem for app in APPS for path in (ROOT / app).iterdir()}
    extra = set().union(*architecture.PUBLISHED.values()) - architecture.ALWAYS_PUBLISHED
    assert extra - known == set()


def test_verbs_take_keywords_only() -> None:
    # House rule 19: a service is called as `services.verb(thing=…)`, so that the call says what it changes.
    found = [
        f"{source.path}:{node.lineno}: {node.name}"
        for source in python_sources()
        if source.layer == "services"
        for node in source.tree.body
        if isinstance(node, ast.FunctionDef)
        and not node.name.startswith("_")
        and (node.args.args or node.args.posonlyargs)
    ]
    assert found == []


def test_tests_time_nothing() -> None:
    # A machine that is busy must not fail a build; what is fast enough is measured in bench/.
    found = [str(source.path) for source in python_sources("tests") if "time.perf_" + "counter" in source.text]
    assert found == []
