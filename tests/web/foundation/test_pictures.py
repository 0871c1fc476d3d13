"""Pictures are made anew: nothing that was hidden in them stays."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from django.core.exceptions import ValidationError
from django.core.files.storage import InMemoryStorage
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from eutopia.web.foundation.pictures import LARGEST_FILE, clean_picture, store_picture

SECRET = b"secret-of-the-sender"


def sent(image: Image.Image, kind: str = "JPEG", **options: object) -> io.BytesIO:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return io.BytesIO(buffer.getvalue())


def photograph(size: tuple[int, int] = (64, 32)) -> Image.Image:
    noise = np.random.default_rng(1).integers(0, 255, (size[1], size[0], 3), dtype=np.uint8)
    return Image.fromarray(noise)


def decoded(picture) -> Image.Image:
    return Image.open(io.BytesIO(picture.content))


def test_place_camera_comment_and_profile_are_gone():
    exif = Image.Exif()
    exif[0x010F] = SECRET.decode()  # maker
    exif.get_ifd(0x8825)[2] = (55.0, 45.0, 20.0)  # latitude
    file = sent(
        photograph(), exif=exif, comment=SECRET, icc_profile=SECRET, xmp=b"<x>" + SECRET + b"</x>"
    )
    assert SECRET in file.getvalue()
    picture = clean_picture(file)
    assert SECRET not in picture.content
    assert b"Exif" not in picture.content
    back = decoded(picture)
    assert not back.getexif()
    assert set(back.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density", "progressive",
                              "progression"}  # fmt: skip


def test_what_was_appended_to_the_file_is_gone():
    file = io.BytesIO(sent(photograph()).getvalue() + b"<?php " + SECRET)
    assert SECRET not in clean_picture(file).content


def test_a_picture_taken_sideways_is_turned_upright():
    exif = Image.Exif()
    exif[0x0112] = 6  # rotate by 90 degrees
    picture = clean_picture(sent(photograph((64, 32)), exif=exif))
    assert (picture.width, picture.height) == (32, 64)


def test_a_large_picture_becomes_smaller_and_a_small_one_does_not_grow():
    assert clean_picture(sent(photograph((300, 150))), side=100).width == 100
    assert clean_picture(sent(photograph((30, 15))), side=100).width == 30


KINDS = ["PNG RGBA", "PNG P", "PNG LA", "PNG I;16", "PNG 1", "WEBP RGBA", "JPEG CMYK"]


@pytest.mark.parametrize("kind_and_mode", KINDS)
def test_every_kind_of_picture_becomes_a_plain_jpeg(kind_and_mode):
    kind, mode = kind_and_mode.split()
    picture = clean_picture(sent(Image.new(mode, (20, 10)), kind))
    assert decoded(picture).format == "JPEG"
    assert decoded(picture).mode == "RGB"


def test_what_is_see_through_becomes_white():
    picture = clean_picture(sent(Image.new("RGBA", (8, 8), (255, 0, 0, 0)), "PNG"))
    assert decoded(picture).getpixel((4, 4)) == (255, 255, 255)


SVG = b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>"


@pytest.mark.parametrize("content", [b"", b"not a picture", SVG, b"GIF89a" + bytes(50)])
def test_what_is_no_picture_is_refused(content):
    with pytest.raises(ValidationError, match="no picture"):
        clean_picture(io.BytesIO(content))


def test_a_picture_cut_short_is_refused():
    whole = sent(photograph((200, 200))).getvalue()
    with pytest.raises(ValidationError, match="no picture"):
        clean_picture(io.BytesIO(whole[: len(whole) // 2]))


def test_a_file_too_large_is_refused_before_it_is_decoded():
    with pytest.raises(ValidationError, match="15 megabytes"):
        clean_picture(io.BytesIO(b"\xff" * (LARGEST_FILE + 1)))


def test_a_small_file_that_unpacks_into_gigabytes_is_refused():
    def chunk(kind: bytes, body: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + body))
        return struct.pack(">I", len(body)) + kind + body + check

    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    bomb = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header)
    bomb += chunk(b"IDAT", zlib.compress(b"\0" * 1_000_000)) + chunk(b"IEND", b"")
    with pytest.raises(ValidationError, match="too many pixels"):
        clean_picture(io.BytesIO(bomb))


damages = st.lists(
    st.tuples(st.integers(0, 10**6), st.binary(min_size=1, max_size=4)), min_size=1, max_size=6
)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(["JPEG", "PNG", "WEBP"]), damages)
def test_a_damaged_picture_is_made_anew_or_refused_and_never_breaks_anything(kind, damages):
    content = bytearray(sent(photograph(), kind).getvalue())
    for place, damage in damages:
        start = place % len(content)
        content[start : start + len(damage)] = damage
    try:
        assert decoded(clean_picture(io.BytesIO(content))).format == "JPEG"
    except ValidationError:
        pass


def test_the_same_picture_is_kept_once():
    storage = InMemoryStorage()
    picture = clean_picture(sent(photograph()))
    name = store_picture(picture, storage=storage)
    assert store_picture(picture, storage=storage) == name
    assert name == f"pictures/{picture.digest[:2]}/{picture.digest}.jpg"
    assert storage.open(name).read() == picture.content
