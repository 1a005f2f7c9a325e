"""A module script brings along what it imports."""

import re
from pathlib import Path

import pytest
from django.template import Context, Template

from config import modules

STATIC = Path(__file__).resolve().parents[2] / "static"
ENTRIES = sorted({
    name
    for template in (STATIC.parent / "templates").rglob("*.html")
    for name in re.findall(r'{% module "([^"]+)" %}', template.read_text(encoding="utf-8"))
})  # fmt: skip


def test_imports_are_found_level_by_level() -> None:
    found = modules.imports_of("components/page.js")
    assert found[0] == "theme.js"
    assert len(found) == len(set(found))
    assert {"components/toast.js", "components/combobox.js"} <= set(found)


def test_comments_and_later_imports_are_no_imports(tmp_path: Path, settings) -> None:
    (tmp_path / "a.js").write_text(
        "/** @import { T } from './types.js' */\n"
        "import {\n  one,\n  two as deux,\n} from './b.js';\n"
        "export * from './c.js';\n"
        "const later = () => import('./d.js');\n"
        "export const words = ' from \"./e.js\"';\n"
    )
    (tmp_path / "b.js").write_text("import '../up.js';\n")
    settings.STATICFILES_DIRS = [("deep", str(tmp_path))]
    modules.finders.get_finder.cache_clear()
    try:
        assert modules.imports_of("deep/a.js") == ["deep/b.js", "deep/c.js", "up.js"]
    finally:
        modules.finders.get_finder.cache_clear()


@pytest.mark.parametrize("name", ENTRIES)
def test_every_preloaded_file_is_there(name: str) -> None:
    assert [each for each in modules.imports_of(name) if not (STATIC / each).is_file()] == []


def test_tag_names_the_files_as_the_storage_does() -> None:
    page = Template('{% load modules %}{% module "annotations/dashboard.js" %}').render(Context())
    assert page.splitlines()[-1] == '<script type="module" src="/static/annotations/dashboard.js"></script>'
    assert page.count("modulepreload") == len(modules.imports_of("annotations/dashboard.js"))
