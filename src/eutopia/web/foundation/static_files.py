"""Static files: named by their contents, compressed, `.mjs` served as JavaScript."""

from __future__ import annotations

from whitenoise.middleware import WhiteNoiseMiddleware
from whitenoise.storage import CompressedManifestStaticFilesStorage


class ManifestStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Names carry a digest of the contents, so browsers may keep them for ever.

    Imports between JavaScript modules are left as they are: vendored bundles name modules that
    exist only where they were built. What is imported by its plain name is kept for a minute.
    """

    manifest_strict = True
    support_js_module_import_aggregation = False


class StaticFiles(WhiteNoiseMiddleware):  # type: ignore[misc]
    """WhiteNoise with the media types that the machine's own table may lack."""

    def __init__(self, get_response: object = None, **kwargs: object) -> None:
        super().__init__(get_response, **kwargs)
        self.media_types.types_map.update(
            {
                ".mjs": "text/javascript",
                ".js": "text/javascript",
                ".woff2": "font/woff2",
                ".webmanifest": "application/manifest+json",
                ".geojson": "application/geo+json",
                ".pmtiles": "application/vnd.pmtiles",
            }
        )
