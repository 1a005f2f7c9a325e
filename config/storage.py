"""Static files under names that carry a hash, ES modules included."""

from collections.abc import Iterator
from typing import Any

from whitenoise.storage import CompressedManifestStaticFilesStorage

# htmx extensions: nobody loads them, and their comments import types that the packages do not ship.
UNUSED = ("vendor/htmx.org/dist/ext/", "django_htmx/ext/")


class HashedStaticFiles(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # WhiteNoise is untyped
    """Rewrites the imports between our modules; a cycle or a missing module fails `collectstatic`."""

    support_js_module_import_aggregation = True
    max_post_process_passes = 20

    def post_process(self, paths: dict[str, Any], **options: Any) -> Iterator[Any]:
        """Hash and compress every file that a page can ask for."""
        wanted = {name: path for name, path in paths.items() if not name.startswith(UNUSED)}
        yield from super().post_process(wanted, **options)
