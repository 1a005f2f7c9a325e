"""Static files under names that carry a hash, ES modules included."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedStaticFiles(CompressedManifestStaticFilesStorage):
    """Rewrites the imports between our modules; a cycle or a missing module fails `collectstatic`."""

    support_js_module_import_aggregation = True
    max_post_process_passes = 20
