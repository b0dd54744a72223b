"""How static files are named where ``collectstatic`` gathers them."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class NamedByContent(CompressedManifestStaticFilesStorage):
    """Scripts import each other by these names as well: by the plain ones each would be fetched a second time."""

    support_js_module_import_aggregation = True
