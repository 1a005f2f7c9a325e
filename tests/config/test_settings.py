"""The settings: every variable is documented, nothing unsafe starts, and HTTPS turns on what belongs to it."""

import ast
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

ROOT = Path(__file__).resolve().parents[2]
TYPED = {"text", "flag", "integer", "words", "hosts", "secret", "kept_secret", "_required_secret"}
SECRET = {"secret", "kept_secret", "_required_secret"}
COMPUTED = object()

PRODUCTION = {
    "PATH": os.environ["PATH"],
    "DATABASE_URL": "postgresql://labelwright@db.example.org/labelwright",
    "REDIS_URL": "redis://redis.example.org/0",
    "SECRET_KEY": "Tn8vq2-LrYx5kZw0_pGdJ3sHfB7mCeUa1oQiR6tNhXyWzVuKjP9",
    "ENCRYPTION_KEY": "Zb4nM1-QwEr8tYu2_iOpA6sDfG0hJkL5zXcV9bNmQ3wErTyUiO7",
    "ALLOWED_HOSTS": "labels.example.org",
    "PUBLIC_URL": "https://labels.example.org",
    "HTTPS": "1",
}


def _constant(node: ast.expr | None) -> Any:
    """The default that an expression gives: its value where it holds constants only, else COMPUTED."""
    if node is None:
        return ""
    if all(isinstance(part, ast.Constant | ast.BinOp | ast.operator) for part in ast.walk(node)):
        return eval(compile(ast.Expression(node), "", "eval"))
    return COMPUTED


def _typed_read(call: ast.Call) -> tuple[str, Any] | None:
    """`env.integer("NAME", 4)` and its like."""
    function = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if function not in TYPED or not (call.args and isinstance(call.args[0], ast.Constant)):
        return None
    if function in SECRET:
        return call.args[0].value, COMPUTED if function != "secret" else ""
    named = {word.arg: word.value for word in call.keywords}
    default = _constant(call.args[1] if len(call.args) > 1 else named.get("default"))
    return call.args[0].value, int(default or 0) if function == "flag" and default is not COMPUTED else default


def _plain_read(node: ast.AST) -> tuple[str, Any] | None:
    """`os.environ.get("NAME")` and `os.environ["NAME"]`."""
    if isinstance(node, ast.Call) and ast.unparse(node.func) in {"os.environ.get", "os.getenv"}:
        return ast.literal_eval(node.args[0]), COMPUTED
    if isinstance(node, ast.Subscript) and ast.unparse(node.value) == "os.environ" and isinstance(node.ctx, ast.Load):
        return ast.literal_eval(node.slice), COMPUTED
    return None


def read_variables(code: str) -> dict[str, Any]:
    """The variables that a module reads, with their defaults; secrets are read from NAME_FILE too."""
    found: dict[str, Any] = {}
    for node in ast.walk(ast.parse(code)):
        read = (isinstance(node, ast.Call) and _typed_read(node)) or _plain_read(node)
        if read:
            found[read[0]] = read[1] if found.get(read[0], read[1]) == read[1] else COMPUTED
    return found


def documented() -> dict[str, str]:
    """Name and default of every row in the operations manual's table."""
    manual = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([A-Z_]+)` \| (.*?) \| .+ \|$", manual, re.MULTILINE)
    assert len(rows) == len(dict(rows))
    return {name: default.strip("`–") for name, default in rows}


def every_variable() -> dict[str, Any]:
    found: dict[str, Any] = {}
    for path in sorted((ROOT / "config").glob("*.py")):
        if path.name != "env.py":
            found = read_variables(path.read_text(encoding="utf-8")) | found
    return found


def test_every_variable_is_in_the_manual_and_no_other() -> None:
    assert sorted(documented()) == sorted(every_variable())


def test_manual_gives_the_defaults_of_the_code() -> None:
    table = documented()
    differing = {
        name: (table[name], str(default))
        for name, default in every_variable().items()
        if default is not COMPUTED and table[name] != str(default)
    }
    assert differing == {}


def test_reads_of_every_kind_are_found() -> None:
    code = """
A = env.text("A"), env.integer("B", 4 * 2), env.flag("C", default=True), env.secret("D"), os.environ.get("E") or 1
F, G = os.environ["F"], _required_secret("G", "because")
os.environ["H"] = "written, not read"
"""
    assert read_variables(code) == {"A": "", "B": 8, "C": 1, "D": "", "E": COMPUTED, "F": COMPUTED, "G": COMPUTED}


def test_nothing_but_config_reads_the_environment() -> None:
    found = [
        str(path.relative_to(ROOT))
        for app in ("projects", "annotations", "assist", "exports")
        for path in (ROOT / app).rglob("*.py")
        if re.search(r"\bos\.(environ|getenv)\b", path.read_text(encoding="utf-8"))
    ]
    assert found == []


def run(code: str, **changes: str) -> subprocess.CompletedProcess[str]:
    """Runs Python in a process of its own with a deployment's environment; an empty value takes a variable away."""
    environment = {name: value for name, value in (PRODUCTION | changes).items() if value}
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def settings(*names: str, **changes: str) -> Any:
    """Values of settings under a deployment's environment."""
    listed = ", ".join(f"settings.{name}" for name in names)
    done = run(f"import json; from config import settings; print(json.dumps([{listed}]))", **changes)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"SECRET_KEY": ""}, "SECRET_KEY must be set to at least 32 random characters"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY must be set to at least 32 random characters"),
        ({"SECRET_KEY": "x" * 64}, "SECRET_KEY must be set to at least 32 random characters"),
        ({"ENCRYPTION_KEY": ""}, "ENCRYPTION_KEY must be set to at least 32 random characters"),
        ({"SECRET_KEY_FILE": "/nowhere"}, "SECRET_KEY_FILE cannot be read"),
        ({"ALLOWED_HOSTS": "*"}, "ALLOWED_HOSTS must name the hosts"),
        ({"ALLOWED_HOSTS": "labels.example.org,*"}, "ALLOWED_HOSTS must name the hosts"),
        ({"STORAGE_HOSTS": "https://*"}, "STORAGE_HOSTS must name the hosts"),
        ({"DATABASE_URL": "mysql://db/x"}, "DATABASE_URL must begin with postgresql://"),
        ({"HTTPS": "perhaps"}, "HTTPS must be 1 or 0"),
        ({"UPLOAD_FILE_LIMIT": "0"}, "UPLOAD_FILE_LIMIT must be at least 1"),
        ({"EMAIL_PORT": "smtp"}, "EMAIL_PORT must be a whole number"),
    ],
)
def test_unsafe_or_wrong_values_do_not_start(changes: dict[str, str], words: str) -> None:
    done = run("from config import settings", **changes)
    assert done.returncode == 1
    assert f"ImproperlyConfigured: {words}" in done.stderr


def test_a_deployment_is_closed_unless_opened() -> None:
    assert settings("DEBUG", "ALLOWED_HOSTS", "OPEN_SIGNUP", "ACCOUNT_EMAIL_VERIFICATION") == [
        False, ["labels.example.org"], False, "mandatory",
    ]  # fmt: skip


def test_secret_comes_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("f" * 20 + "0123456789abcdef\n")
    assert settings("SECRET_KEY", SECRET_KEY="", SECRET_KEY_FILE=str(file)) == ["f" * 20 + "0123456789abcdef"]


COOKIES = ("SESSION_COOKIE_SECURE", "SESSION_COOKIE_NAME", "CSRF_COOKIE_SECURE", "CSRF_COOKIE_NAME")


def test_cookies_and_hsts_are_for_https() -> None:
    assert settings(*COOKIES, "SECURE_HSTS_SECONDS", "SECURE_SSL_REDIRECT") == [
        True, "__Host-session", True, "__Host-csrf", 31_536_000, True,
    ]  # fmt: skip


def test_without_https_cookies_and_hsts_would_lock_people_out() -> None:
    assert settings(*COOKIES, "SECURE_HSTS_SECONDS", "SECURE_SSL_REDIRECT", HTTPS="") == [
        False, "session", False, "csrf", 0, False,
    ]  # fmt: skip


ANSWER = """
import os, warnings
warnings.simplefilter("ignore")
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
import django
django.setup()
from django.test import Client
client = Client(headers={"host": "labels.example.org"})
print(client.get("/livez", secure=True).headers.get("Strict-Transport-Security"))
print(client.get("/accounts/login/").headers.get("Location"))
print(client.get("/livez").status_code)
"""


def test_https_is_demanded_of_browsers_and_not_of_the_load_balancer() -> None:
    done = run(ANSWER)
    assert done.stdout.splitlines() == [
        "max-age=31536000; includeSubDomains; preload", "https://labels.example.org/accounts/login/", "200",
    ]  # fmt: skip


@pytest.mark.slow
def test_deployment_check_has_nothing_to_say(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level=WARNING"],
        cwd=ROOT,
        env=PRODUCTION | {"VAR_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout.strip()) == (0, "System check identified no issues (0 silenced)."), done.stderr


def test_pages_allow_no_inline_code(db: None, client: Client) -> None:
    headers = client.get("/accounts/login/").headers
    policy = headers["Content-Security-Policy"]
    directives = dict(part.strip().split(" ", 1) for part in policy.split(";") if part.strip())
    assert "unsafe" not in policy
    assert {name: directives[name] for name in ("default-src", "script-src", "style-src", "object-src")} == {
        "default-src": "'self'",
        "script-src": "'self'",
        "style-src": "'self'",
        "object-src": "'none'",
    }
    assert (directives["frame-ancestors"], directives["base-uri"]) == ("'none'", "'none'")
    assert {name: headers[name] for name in ("X-Content-Type-Options", "X-Frame-Options", "Referrer-Policy")} == {
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "same-origin",
    }
