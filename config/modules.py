"""`{% module "editor/main.js" %}`: a module script, with everything it imports fetched at once and not level by level."""

import re
from functools import cache
from pathlib import Path, PurePosixPath

from django import template
from django.conf import settings
from django.contrib.staticfiles import finders
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join

IMPORT = re.compile(r"""^(?:import|(?:import|export)\b[\w\s{},*$]*?\bfrom)\s*["'](\.[^"']+)["']""", re.MULTILINE)

register = template.Library()


def imports_of(name: str) -> list[str]:
    """The static files that the module needs, nearest first; those that it loads later, by `import()`, are not among them."""
    wanted = [name]
    for one in wanted:
        path = finders.find(one)
        text = Path(path).read_text(encoding="utf-8") if path else ""
        found = dict.fromkeys(_beside(one, reference) for reference in IMPORT.findall(text))
        wanted += [each for each in found if each not in wanted]
    return wanted[1:]


def _beside(name: str, reference: str) -> str:
    """The static file that `./x.js` or `../y/x.js` in the module `name` means."""
    parts: list[str] = []
    for part in (PurePosixPath(name).parent / reference).parts:
        if part == "..":
            parts.pop()
        else:
            parts.append(part)
    return "/".join(parts)


_kept_imports = cache(imports_of)


@register.simple_tag
def module(name: str) -> str:
    """The tags of a module script; what it imports is looked up once, or each time while somebody works on it."""
    imports = (imports_of if settings.DEBUG else _kept_imports)(name)
    preloads = format_html_join("\n", '<link rel="modulepreload" href="{}">', ((static(each),) for each in imports))
    return format_html('{}\n<script type="module" src="{}"></script>', preloads, static(name))
