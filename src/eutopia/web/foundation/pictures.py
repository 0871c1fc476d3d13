"""Photographs that people send: made anew, so that nothing hides in them.

What is stored is never the file that was sent. The picture is decoded, turned upright, made no
larger than needed and encoded again: place and time of taking, camera, thumbnails and anything
appended are gone.
"""

from __future__ import annotations

import hashlib
import io
import warnings
from dataclasses import dataclass
from typing import IO

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import Storage, default_storage
from django.utils.translation import gettext as _
from PIL import Image, ImageOps

LARGEST_FILE = 15 * 1024 * 1024
"""Bytes that are read at all."""

LARGEST_PICTURE = 50_000_000
"""Pixels that are decoded at all: a small file may unpack into gigabytes."""

_SIDE = 2048
_FORMATS = ("JPEG", "PNG", "WEBP")


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as it is kept: encoded bytes (JPEG), size in pixels, digest of the bytes."""

    content: bytes
    width: int
    height: int
    digest: str


def clean_picture(file: IO[bytes], *, side: int = _SIDE) -> Picture:
    """Make a harmless picture out of what was sent.

    Parameters
    ----------
    file
        What was sent; JPEG, PNG or WebP, told by its contents, not by its name.
    side
        Longest side kept, pixels.

    Raises
    ------
    ValidationError
        Where it is too large, or no picture of these kinds, or damaged.
    """
    content = file.read(LARGEST_FILE + 1)
    if len(content) > LARGEST_FILE:
        raise ValidationError(_("The picture is larger than 15 megabytes."), code="too_large")
    plain = _decoded(content, side)
    # A new image of bare pixels: whatever else the file carried stays behind.
    bare = Image.new("RGB", plain.size)
    bare.paste(plain)
    buffer = io.BytesIO()
    bare.save(buffer, "JPEG", quality=85, optimize=True, progressive=True)
    encoded = buffer.getvalue()
    return Picture(encoded, bare.width, bare.height, hashlib.sha256(encoded).hexdigest())


def _decoded(content: bytes, side: int) -> Image.Image:
    """Decode, turn upright, make smaller; refuse what a decoder stumbles over, however it does."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=_FORMATS) as sent:
                if sent.width * sent.height > LARGEST_PICTURE:
                    raise Image.DecompressionBombError
                upright = ImageOps.exif_transpose(sent)
                upright.thumbnail((side, side), Image.Resampling.LANCZOS)
                return _on_white(upright)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning, MemoryError):
        raise ValidationError(_("The picture has too many pixels."), code="too_large") from None
    except Exception as error:  # Decoders raise whatever comes to hand.
        raise ValidationError(
            _("This is no picture we can read: send JPEG, PNG or WebP."), code="unreadable"
        ) from error


def _on_white(image: Image.Image) -> Image.Image:
    if "transparency" not in image.info and image.mode not in ("RGBA", "LA", "PA"):
        return image.convert("RGB")
    see_through = image.convert("RGBA")
    white = Image.new("RGBA", see_through.size, "white")
    return Image.alpha_composite(white, see_through).convert("RGB")


def store_picture(picture: Picture, *, storage: Storage | None = None) -> str:
    """Keep a picture under its digest and return its name; the same picture is kept once.

    Notes
    -----
    The folder is not served: a page gives a picture out after asking who may see it.
    """
    storage = storage or default_storage
    name = f"pictures/{picture.digest[:2]}/{picture.digest}.jpg"
    if not storage.exists(name):
        storage.save(name, ContentFile(picture.content))
    return name
