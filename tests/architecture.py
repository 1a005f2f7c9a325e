"""The house rules that a program can check. A rule looks at one file and yields what is wrong with it, by line."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parents[1]
APPS = ("projects", "annotations", "assist", "exports")

# What an app shows the others: its tables and verbs, and the modules that are named here on purpose.
ALWAYS_PUBLISHED = {"models", "services", "permissions", "queries", "signals", "http", "serializers", "errors"}
PUBLISHED = {
    "projects": ALWAYS_PUBLISHED
    | {
        "tenancy", "codes",  # what every model is made of
        "audit", "jobs", "prepared", "sealing",  # what verbs write besides their rows, and how the busiest talk to PostgreSQL
        "navigation", "rest", "administration", "markdown",  # what every page, endpoint and admin is made of
        "datasets", "datastores", "gathering", "image_header", "image_urls", "label_tree", "listed", "palette",  # files, how a browser gets them, and colours
        "organisations", "workspaces", "results", "notifications", "preferences", "setup", "taxonomy", "lifecycle", "label_changes", "scenes",  # the verbs, and a sample's pixels
        "spreadsheets",  # what people wrote, on its way into a cell
    },
    "annotations": ALWAYS_PUBLISHED | {"answering", "crossings", "documents", "geometry", "importing", "rle", "progress", "queue", "submitting"},
    "assist": ALWAYS_PUBLISHED,
    "exports": ALWAYS_PUBLISHED | {"formats"},
}  # fmt: skip

EDGE_LAYERS = {"views", "api", "forms", "serializers", "filters"}  # and `comment_serializers`
NOT_TENANTS = {"User", "Workspace", "Membership"}

DECODERS = {"projects/image_header.py", "projects/renditions.py"}
NETWORK = {
    "requests", "httpx", "aiohttp", "urllib3", "urllib.request", "http.client", "boto3", "botocore", "azure", "google",
    "smtplib",
}  # fmt: skip
NETWORK_DOORS = ("projects/stores/", "config/processes.py")  # blob stores; the demo asking its own web server
UNPICKLERS = {"pickle", "cPickle", "marshal", "shelve", "dill", "joblib"}
TRUSTED_HTML = {"mark_safe", "SafeString", "SafeText"}
JOB_EDGES = {"projects/jobs/running.py", "projects/jobs/pulse.py", "projects/jobs/ticking.py"}
SANITISER = "projects/markdown.py"


@dataclass(frozen=True)
class Source:
    """One Python file: its path below the top level, and its text."""

    path: PurePosixPath
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @property
    def app(self) -> str:
        return self.path.parts[0]

    @property
    def layer(self) -> str:
        """The module of the app that the file is, or lies in."""
        return PurePosixPath(self.path.parts[1]).stem if len(self.path.parts) > 1 else ""

    def walk(self, *kinds: type[ast.AST]) -> Iterator[ast.AST]:
        return (node for node in ast.walk(self.tree) if isinstance(node, kinds))

    def imported(self) -> Iterator[tuple[int, str]]:
        """Every imported name, dotted, with its line: `from a import b` is `a.b`."""
        for node in self.walk(ast.Import, ast.ImportFrom):
            if isinstance(node, ast.Import):
                yield from ((node.lineno, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def python_sources(*folders: str) -> list[Source]:
    """The Python files under the folders, the apps' unless others are named; migrations have rules of their own."""
    return [
        Source(PurePosixPath(path.relative_to(ROOT).as_posix()), path.read_text(encoding="utf-8"))
        for folder in folders or APPS
        for path in sorted((ROOT / folder).rglob("*.py"))
        if "migrations" not in path.parts
    ]


def called(node: ast.AST) -> str:
    """The dotted name that an expression spells, as far as it is one."""
    if isinstance(node, ast.Attribute):
        return f"{called(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def published_modules_only(source: Source) -> Iterator[str]:
    """House rule 7: another app is touched only through what it publishes."""
    for line, name in source.imported():
        app, _, rest = name.partition(".")
        if app in APPS and app != source.app and rest.split(".")[0] not in PUBLISHED[app]:
            yield f"{line}: {name} is private to {app}"


def rows_of_the_user_only(source: Source) -> Iterator[str]:
    """House rule 13: in views, API, forms and serializers, the only thing after `.objects.` is `for_user`."""
    if source.layer.rpartition("_")[2] not in EDGE_LAYERS:
        return
    for node in source.walk(ast.Attribute):
        assert isinstance(node, ast.Attribute)
        manager = node.value
        if not (
            isinstance(manager, ast.Attribute) and manager.attr in {"objects", "_default_manager", "_base_manager"}
        ):
            continue
        model = called(manager.value).rpartition(".")[2]
        if node.attr not in {"for_user", "none"} and model not in NOT_TENANTS:
            yield f"{node.lineno}: {model}.objects.{node.attr}"


def tenant_serializers(source: Source) -> Iterator[str]:
    """House rule 31: related rows are found among the caller's."""
    if str(source.path) == "projects/rest/serializers.py":
        return
    for line, name in source.imported():
        if re.fullmatch(r"rest_framework\.(serializers|relations)\.\w*(ModelSerializer|RelatedField)", name):
            yield f"{line}: {name}"
    for node in source.walk(ast.Attribute):
        assert isinstance(node, ast.Attribute)
        if re.fullmatch(r"(serializers|relations)\.\w*(ModelSerializer|RelatedField)", called(node)):
            yield f"{node.lineno}: {called(node)} would take any row; use TenantModelSerializer or CodeField"


def fields_one_by_one(source: Source) -> Iterator[str]:
    """House rule 31: a column that is added to a table does not appear in the API by itself."""
    for node in source.walk(ast.ClassDef):
        assert isinstance(node, ast.ClassDef)
        for assignment in node.body:
            if node.name == "Meta" and isinstance(assignment, ast.Assign):
                value, target = ast.unparse(assignment.value), ast.unparse(assignment.targets[0])
                if (target == "fields" and "__all__" in value) or target == "exclude":
                    yield f"{assignment.lineno}: {target} = {value}"


def small_enough(source: Source) -> Iterator[str]:
    """House rules 24 and 45: a file has at most 400 lines, a function 50, a view 30."""
    length = source.text.count("\n")
    if length > 400:
        yield f"1: {length} lines"
    limit = 30 if source.app in APPS and source.layer == "views" else 50
    for node in source.walk(ast.FunctionDef, ast.AsyncFunctionDef):
        assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        if node.name.startswith("test_"):
            continue  # a whole value, written out, is as long as it is
        lines = (node.end_lineno or node.lineno) - node.lineno + 1
        if lines > limit:
            yield f"{node.lineno}: {node.name} has {lines} lines"


def short_handlers(source: Source) -> Iterator[str]:
    """House rule 33: a job handler loads its rows and calls a work module, in ten lines."""
    if source.layer != "actors":
        return
    for node in source.walk(ast.FunctionDef):
        assert isinstance(node, ast.FunctionDef)
        lines = (node.end_lineno or 0) - node.body[0].lineno + 1
        if node.decorator_list and lines > 10:
            yield f"{node.lineno}: {node.name} has {lines} lines"


def no_trusted_html(source: Source) -> Iterator[str]:
    """Text of users becomes HTML in one place, which sanitises it."""
    if str(source.path) == SANITISER:
        return
    for line, name in source.imported():
        if name.rpartition(".")[2] in TRUSTED_HTML:
            yield f"{line}: {name}"


def no_code_from_data(source: Source) -> Iterator[str]:
    """No data can become code: no eval, no pickle, no YAML objects, and of PyTorch files the weights only."""
    for line, name in source.imported():
        if name.split(".")[0] in UNPICKLERS:
            yield f"{line}: {name}"
    for node in source.walk(ast.Call):
        assert isinstance(node, ast.Call)
        name = called(node.func)
        if name in {"eval", "exec", "compile", "yaml.load", "yaml.unsafe_load"}:
            yield f"{node.lineno}: {name}"
        if name in {"torch.load", "numpy.load", "np.load"}:
            given = {ast.unparse(word) for word in node.keywords}
            if not given & {"weights_only=True", "allow_pickle=False"}:
                yield f"{node.lineno}: {name} may run what it reads"


def one_image_decoder(source: Source) -> Iterator[str]:
    """Images are opened where their size has been looked at first."""
    if str(source.path) in DECODERS:
        return
    for node in source.walk(ast.Call):
        assert isinstance(node, ast.Call)
        if called(node.func).endswith("Image.open"):
            yield f"{node.lineno}: use projects.renditions or projects.image_header"


def one_door_to_the_network(source: Source) -> Iterator[str]:
    """Only the blob stores reach out, past projects.stores.endpoints."""
    if str(source.path).startswith(NETWORK_DOORS):
        return
    for line, name in source.imported():
        parts = name.split(".")
        if {parts[0], ".".join(parts[:2])} & NETWORK:
            yield f"{line}: {name}"


def failures_are_named(source: Source) -> Iterator[str]:
    """House rule 51: whatever was not foreseen goes on to be a 500, or a failed attempt at the edge of a job."""
    if str(source.path) in JOB_EDGES:
        return
    for node in source.walk(ast.ExceptHandler):
        assert isinstance(node, ast.ExceptHandler)
        broad = node.type is None or called(node.type) in {"Exception", "BaseException"}
        if broad and not any(isinstance(step, ast.Raise) for step in ast.walk(node)):
            yield f"{node.lineno}: except {called(node.type) if node.type else ''}"


def reasons_given(source: Source) -> Iterator[str]:
    """House rule 46: what silences a checker names its complaint and says why."""
    for number, line in enumerate(source.text.splitlines(), start=1):
        if re.search(r"# type: ignore(?!\[[a-z-]+(, ?[a-z-]+)*\]\s+#\s*\w)", line):
            yield f"{number}: type: ignore without a code and a reason"
        if re.search(r"# noqa(?!: [A-Z]+\d+(, ?[A-Z]+\d+)*[\s#–-]+\w)", line):
            yield f"{number}: noqa without a code and a reason"


def clean_template(text: str) -> Iterator[str]:
    """No script, style or handler in the page itself (the Content Security Policy refuses them), nothing unescaped."""
    text = re.sub(
        r"\{%\s*comment.*?endcomment\s*%\}|\{#.*?#\}", lambda m: "\n" * m.group().count("\n"), text, flags=re.S
    )
    patterns = {
        "inline script": r"<script(?![^>]*\ssrc=)(?![^>]*type=\"application/json\")",
        "inline style": r"<style|<[a-zA-Z][^>]*\sstyle\s*=",
        "inline handler": r"<[a-zA-Z][^>]*\s(on[a-z]+|hx-on[:\w-]*)\s*=",
        "script address": r"javascript:",
        "unescaped text": r"\|\s*safe\b|\|\s*safeseq\b|autoescape\s+off",
    }
    for what, pattern in patterns.items():
        for match in re.finditer(pattern, text):
            yield f"{text.count(chr(10), 0, match.start()) + 1}: {what}"


def clean_script(text: str) -> Iterator[str]:
    """Scripts set text, never HTML, and run no strings; at most 250 lines."""
    if text.count("\n") > 250:
        yield f"1: {text.count(chr(10))} lines"
    for number, line in enumerate(text.splitlines(), start=1):
        if re.search(
            r"\b(innerHTML|outerHTML|insertAdjacentHTML|document\.write|srcdoc)\b|\beval\(|new Function\b", line
        ):
            yield f"{number}: {line.strip()}"
