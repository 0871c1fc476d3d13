"""No upload fills the disk."""

from __future__ import annotations

from typing import Any

from django.core.files.uploadhandler import FileUploadHandler, StopUpload

LARGEST_REQUEST = 40 * 1024 * 1024
"""Bytes of files that one request may carry: a few photographs."""


class UploadLimit(FileUploadHandler):
    """The first of the upload handlers: breaks off a request that carries too much."""

    def __init__(self, request: Any = None) -> None:
        super().__init__(request)
        self.received = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:  # noqa: ARG002
        """Count, and pass on."""
        self.received += len(raw_data)
        if self.received > LARGEST_REQUEST:
            raise StopUpload(connection_reset=True)
        return raw_data

    def file_complete(self, file_size: int) -> None:
        """Leave the file to the next handler."""
