"""Django's settings, read from the environment alone; docs/operations.md has the table of all variables."""

import sys
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from config import embedded, env

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(env.text("VAR_DIR", str(BASE_DIR / "var"))).resolve()
NODE_MODULES = BASE_DIR / "node_modules"

DATABASE_URL = env.secret("DATABASE_URL")
REDIS_URL = env.secret("REDIS_URL")
EMBEDDED = not DATABASE_URL
"""Without a DATABASE_URL this is a demo, a developer's machine or a test: secrets are made and kept under VAR_DIR."""


def _required_secret(name: str, purpose: str) -> str:
    if EMBEDDED:
        return env.kept_secret(name, VAR_DIR / name.lower())
    value = env.secret(name)
    if len(value) < 32 or len(set(value)) < 10:
        raise ImproperlyConfigured(
            f"{name} must be set to at least 32 random characters, {purpose}. Make one with:"
            ' python -c "import secrets; print(secrets.token_urlsafe(48))"'
        )
    return value


# Safety
DEBUG = env.flag("DEBUG")
SECRET_KEY = _required_secret("SECRET_KEY", "because it signs sessions and links")
SECRET_KEY_FALLBACKS = env.words("SECRET_KEY_FALLBACKS")
ENCRYPTION_KEYS = [
    _required_secret("ENCRYPTION_KEY", "because it encrypts the credentials of blob stores"),
    *env.words("ENCRYPTION_KEY_FALLBACKS"),
]
HTTPS = env.flag("HTTPS")
ALLOWED_HOSTS = env.hosts("ALLOWED_HOSTS", "localhost 127.0.0.1 [::1]" if EMBEDDED or DEBUG else "")
PUBLIC_URL = env.text("PUBLIC_URL", "http://localhost:8000").rstrip("/")
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL] if HTTPS else []
TRUSTED_PROXIES = env.integer("TRUSTED_PROXIES", 0)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS and TRUSTED_PROXIES else None
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^(livez|readyz)$"]
METRICS_TOKEN = env.secret("METRICS_TOKEN")
if METRICS_TOKEN and len(METRICS_TOKEN) < 20:
    raise ImproperlyConfigured(
        "METRICS_TOKEN must have at least 20 characters: it shows the whole installation's load."
    )
SECURE_HSTS_SECONDS = env.integer("HSTS_SECONDS", 31_536_000) if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_NAME = "__Host-session" if HTTPS else "session"
SESSION_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = 7 * 24 * 3600
SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
CSRF_COOKIE_NAME = "__Host-csrf" if HTTPS else "csrf"
CSRF_COOKIE_SECURE = HTTPS
STORAGE_HOSTS = env.hosts("STORAGE_HOSTS", "*.blob.core.windows.net *.amazonaws.com storage.googleapis.com")
"""Hosts that a datastore may name as its endpoint, and that browsers may load images from."""
STORAGE_ORIGINS = [host if "://" in host else f"https://{host}" for host in STORAGE_HOSTS]
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:", "blob:", *STORAGE_ORIGINS],
        "connect-src": [SELF],
        "font-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

# Applications
INSTALLED_APPS = [
    "projects",
    "annotations",
    "assist",
    "exports",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.usersessions",
    "django_htmx",
    "template_partials",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "csp",
]
MIDDLEWARE = [
    "projects.middleware.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "projects.middleware.PrivateAnswersMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "projects.middleware.TenancyMiddleware",
    "projects.middleware.DeniedByDefaultMiddleware",
    "projects.middleware.DomainErrorMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "libraries": {"modules": "config.modules"},
            "context_processors": [
                "django.template.context_processors.debug",
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "projects.navigation.navigation",
            ],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"


# PostgreSQL, Redis
def _database(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"}:
        raise ImproperlyConfigured("DATABASE_URL must begin with postgresql://: Labelwright runs on PostgreSQL alone.")
    query = dict(parse_qsl(parts.query))
    return {
        "ENGINE": "projects.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.pop("host", "") or parts.hostname or "",
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 0,
        "OPTIONS": {
            **query,
            "pool": {"max_size": env.integer("DATABASE_POOL_SIZE", 10, minimum=1), "timeout": 10},
            # Only projects.prepared has the server bind parameters, and wants its statements planned once.
            "prepare_threshold": 0,
            "options": "-c idle_in_transaction_session_timeout=60s -c lock_timeout=10s"
            " -c plan_cache_mode=force_generic_plan -c random_page_cost=1.1"
            f" -c statement_timeout={env.integer('STATEMENT_TIMEOUT_SECONDS', 60)}s",
        },
    }


DATABASES = {"default": _database(DATABASE_URL or embedded.postgres_url())}
REDIS_URL = REDIS_URL or embedded.redis_url()
CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}}

# Jobs
JOBS_PER_ORGANISATION = env.integer("JOBS_PER_ORGANISATION", 4, minimum=1)
JOBS_PULSE_SECONDS = 1.0
JOBS_SWEEP_SECONDS = 5.0
JOBS_HINT_SECONDS = 30.0
"""A due job that no worker came for in this time is announced again."""
JOBS_RETRY_SECONDS = 10.0
"""The pause before the second attempt; later ones are four times as long each."""
DRAMATIQ_NAMESPACE = env.text("DRAMATIQ_NAMESPACE", "labelwright")

# Accounts
AUTH_USER_MODEL = "projects.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "projects:home"
ACCOUNT_ADAPTER = "projects.accounts.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_SIGNUP_FORM_CLASS = "projects.accounts.SignupForm"
ACCOUNT_FORMS = {
    "login": "projects.forms.accounts.SignInForm",
    "add_email": "projects.forms.accounts.NewEmailForm",
    "change_password": "projects.forms.accounts.NewPasswordForm",
    "set_password": "projects.forms.accounts.FirstPasswordForm",
    "reset_password_from_key": "projects.forms.accounts.ForgottenPasswordForm",
}
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_USER_DISPLAY = "projects.accounts.display_name"
ACCOUNT_UNIQUE_EMAIL = True
ACCOUNT_EMAIL_VERIFICATION = env.text("EMAIL_VERIFICATION", "mandatory")
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = ACCOUNT_EMAIL_VERIFICATION == "mandatory"
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = True
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_CHANGE = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_RATE_LIMITS = {"login_failed": "10/m/ip,5/5m/key", "login": "60/m/ip", "signup": "20/h/ip"}
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXIES
OPEN_SIGNUP = env.flag("OPEN_SIGNUP", default=EMBEDDED)
"""Whether strangers may sign up and make an organisation; off unless asked, as most installations are private."""
MFA_ADAPTER = "projects.accounts.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Labelwright"
SOCIALACCOUNT_PROVIDERS = {
    "openid_connect": {
        "APPS": [
            {
                "provider_id": "oidc",
                "name": env.text("OIDC_NAME", "Single sign-on"),
                "client_id": env.text("OIDC_CLIENT_ID"),
                "secret": env.secret("OIDC_SECRET"),
                "settings": {
                    "server_url": env.text("OIDC_SERVER_URL"),
                    "oauth_pkce_enabled": True,
                    "verified_email": env.flag("OIDC_EMAILS_ARE_VERIFIED", default=False) or None,
                },
            }
        ]
        if env.text("OIDC_CLIENT_ID")
        else []
    }
}
SOCIALACCOUNT_AUTO_SIGNUP = False
"""New people are asked for the name of their organisation, whoever vouches for them."""
SOCIALACCOUNT_EMAIL_AUTHENTICATION = True
"""The provider is the operator's own choice: an address that it has verified is its owner's, and opens their account."""
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
USERSESSIONS_TRACK_ACTIVITY = False

# E-mail
EMAIL_HOST = env.text("EMAIL_HOST")
EMAIL_PORT = env.integer("EMAIL_PORT", 587)
EMAIL_HOST_USER = env.text("EMAIL_USER")
EMAIL_HOST_PASSWORD = env.secret("EMAIL_PASSWORD")
EMAIL_USE_TLS = env.flag("EMAIL_TLS", default=True)
EMAIL_TIMEOUT = 10
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if EMAIL_HOST else 'console'}.EmailBackend"
DEFAULT_FROM_EMAIL = env.text("EMAIL_FROM", "Labelwright <labelwright@localhost>")

# Files
STATIC_URL = "/static/"
STATIC_ROOT = Path(env.text("STATIC_ROOT", str(VAR_DIR / "static")))
STATICFILES_DIRS: list[Any] = [
    BASE_DIR / "static",
    *(
        (f"vendor/{package}", NODE_MODULES / package)
        for package in ("htmx.org/dist", "@fontsource-variable/inter")
        if (NODE_MODULES / package).is_dir()
    ),
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG or EMBEDDED
        else "config.storage.HashedStaticFiles"
    },
}
WHITENOISE_USE_FINDERS = EMBEDDED
STORAGE_URL = env.secret("STORAGE_URL") or f"file://{VAR_DIR / 'store'}"
"""The installation's own store: uploads without a datastore of their own, thumbnails, exports."""
DEMO_IMAGES = Path(env.text("IMAGES")).resolve() if EMBEDDED and env.text("IMAGES") else None
"""The folder that `make demo IMAGES=…` labels."""
LOCAL_STORE_ROOTS = [Path(path).resolve() for path in env.text("LOCAL_STORE_ROOTS").split(":") if path]
LOCAL_STORE_ROOTS += [DEMO_IMAGES] if DEMO_IMAGES else []
"""Folders of this machine that a local datastore may read; never the installation's own store, which is all tenants'."""
AZURE_STORAGE_KEY = env.secret("AZURE_STORAGE_KEY")
"""Of the storage account that `manage.py import_azure` makes a datastore of."""
SIGNED_URL_SECONDS = env.integer("SIGNED_URL_SECONDS", 900, minimum=10)
IMAGE_PIXEL_LIMIT = env.integer("IMAGE_PIXEL_LIMIT", 250_000_000, minimum=1)
TILED_PIXELS = env.integer("TILED_PIXELS", 50_000_000, minimum=1)
"""JPEG, PNG and TIFF images of more pixels are cut into tiles, and never decoded whole."""
TILED_PIXEL_LIMIT = env.integer("TILED_PIXEL_LIMIT", 4_000_000_000, minimum=1)
TILE_QUALITY = env.integer("TILE_QUALITY", 92, minimum=50)
"""JPEG quality of tiles, without colour subsampling; 100 makes lossless PNG tiles, three to six times as large."""
CHECKSUM_FILE_LIMIT = env.integer("CHECKSUM_FILE_LIMIT", 4 * 1024 * 1024)
"""Files of a store up to this many bytes are read whole at ingest and get a SHA-256; of larger ones the etag has to do."""
UPLOAD_FILE_LIMIT = env.integer("UPLOAD_FILE_LIMIT", 512 * 1024 * 1024, minimum=1)
ARCHIVE_FILE_LIMIT = env.integer("ARCHIVE_FILE_LIMIT", 20 * 1024 * 1024 * 1024, minimum=1)
DIRECT_UPLOAD_LIMIT = env.integer("DIRECT_UPLOAD_LIMIT", 64 * 1024 * 1024, minimum=0)
"""Files up to so many bytes go from browsers straight into a store that takes them; 0: none do."""
DATA_UPLOAD_MAX_MEMORY_SIZE = 16 * 1024 * 1024
FILE_UPLOAD_HANDLERS = ["config.refusals.NoFiles"]
ASSIST_WEIGHTS_DIR = env.text("ASSIST_WEIGHTS_DIR")

# API
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "projects.rest.authentication.TokenAuthentication",
        "projects.rest.authentication.BrowserAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["projects.rest.permission.DeclaredPermission"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["projects.rest.parsing.BoundedJSONParser"],
    "DEFAULT_PAGINATION_CLASS": "projects.rest.pagination.CodeCursorPagination",
    "PAGE_SIZE": 50,
    "DEFAULT_FILTER_BACKENDS": ["projects.rest.filtering.StrictFilterBackend"],
    "DEFAULT_THROTTLE_CLASSES": ["projects.rest.throttling.TokenBucketThrottle"],
    "DEFAULT_SCHEMA_CLASS": "projects.rest.schema.Schema",
    "EXCEPTION_HANDLER": "projects.rest.problems.problem_response",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
    "NUM_PROXIES": TRUSTED_PROXIES,
}
API_REQUESTS_PER_MINUTE = env.integer("API_REQUESTS_PER_MINUTE", 6000, minimum=1)
SPECTACULAR_SETTINGS = {
    "TITLE": "Labelwright API",
    "DESCRIPTION": "Everything that the pages can do. Errors are RFC 9457 problem documents with a stable `code`.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "CommentKindEnum": ["comment", "flag"],
        "ExportFormatEnum": "exports.models.Export.Format",
        "TaskStatusEnum": "annotations.models.Task.Status",
    },
}

# Language, time
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English")]
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "filters": {"hide": {"()": "config.logs.HideAddresses"}},
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["hide"], "stream": sys.stderr}
    },
    "root": {"handlers": ["console"], "level": env.text("LOG_LEVEL", "INFO")},
    "loggers": {"azure": {"level": "WARNING"}},  # at INFO it writes every request, with its address
}
