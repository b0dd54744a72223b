"""The withheld field ``photo``: one written form, and nothing else is a picture."""

import json

import pytest

from provenance.coffee.errors import BadDisclosure
from provenance.coffee.photos import Photo, PhotoFile, digests_named, read_photo
from provenance.coffee.statement import make_disclosure
from provenance.coffee.tests.samples import RECALL, SITE_PHOTO, WITHHELD_PHOTO

SMALL = PhotoFile("a" * 64, "image/webp", 960, 640)
LARGE = PhotoFile("b" * 64, "image/webp", 2048, 1365)
FARM_PHOTO = Photo("farm", "Our farm, from the road", (SMALL, LARGE))
JTI = "urn:uuid:3f0b4b4e-0a6e-4d7c-9d53-0a4bb5f1a2c1"


def test_what_is_written_is_read_again():
    assert FARM_PHOTO.text == (
        '{"shows":"farm","caption":"Our farm, from the road","files":['
        '{"sha256":"' + "a" * 64 + '","mediaType":"image/webp","width":960,"height":640},'
        '{"sha256":"' + "b" * 64 + '","mediaType":"image/webp","width":2048,"height":1365}]}'
    )
    assert read_photo(FARM_PHOTO.text) == FARM_PHOTO


def damaged(**changes):
    value = json.loads(FARM_PHOTO.text)
    for name, change in changes.items():
        if name in value:
            value[name] = change
        else:
            value["files"][0][name] = change
    return json.dumps(value, separators=(",", ":"))


DAMAGED = {
    "no JSON": "x",
    "a digest only, as one might guess": "a" * 64,
    "another subject": damaged(shows="competitor"),
    "an endless caption": damaged(caption="x" * 201),
    "no file": damaged(files=[]),
    "three files": damaged(files=[json.loads(FARM_PHOTO.text)["files"][0]] * 3),
    "one member more": damaged(more=1),
    "a digest in capitals": damaged(sha256="A" * 64),
    "a path for a digest": damaged(sha256="../" * 21 + "x"),
    "a drawing that can run scripts": damaged(mediaType="image/svg+xml"),
    "no width": damaged(width=0),
    "a width that is true": damaged(width=True),
    "a width beyond any page": damaged(width=8193),
    "white space": json.dumps(json.loads(FARM_PHOTO.text)),
}


@pytest.mark.parametrize("text", DAMAGED.values(), ids=DAMAGED)
def test_anything_else_is_no_picture(text):
    with pytest.raises(BadDisclosure) as refused:
        read_photo(text)
    assert refused.value.field == "photo"


def test_a_statement_names_its_files_openly_or_in_what_it_discloses():
    photo, broken = make_disclosure(JTI, "photo", FARM_PHOTO.text), make_disclosure(JTI, "photo", "a" * 64)

    assert digests_named(SITE_PHOTO, []) == {SITE_PHOTO.sha256}
    assert digests_named(WITHHELD_PHOTO, []) == set()
    assert digests_named(WITHHELD_PHOTO, [photo]) == {"a" * 64, "b" * 64}
    assert digests_named(RECALL, [photo]) == {"a" * 64, "b" * 64}
    assert digests_named(WITHHELD_PHOTO, [broken]) == set()
