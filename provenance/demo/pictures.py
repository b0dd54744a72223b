"""Pictures of the places in the stories, drawn by code and called so: nobody and no real farm is on them."""

import math
import random
from dataclasses import dataclass
from io import BytesIO

from PIL import Image, ImageDraw, ImageFilter

from provenance.coffee.acts import AttachDocument
from provenance.demo.cast import Cast
from provenance.demo.stage import Actor, Stage
from provenance.trail.services.acting import Draft, Withheld
from provenance.trail.services.attaching.taking import take_picture, taken
from provenance.trail.services.queries import PUBLIC
from shipments.services.plans import Plan

WIDTH, HEIGHT = 1440, 960
Colour = tuple[int, int, int]


@dataclass(frozen=True)
class Place:
    """What a place looks like: its sky from above to the horizon, its farthest and nearest hills, and its sun."""

    seed: int
    sky: tuple[Colour, Colour]
    hills: tuple[Colour, Colour]
    sun: tuple[float, float]
    rows: bool
    caption: str


HUILA = Place(
    11, ((132, 172, 196), (244, 226, 196)), ((148, 170, 168), (38, 84, 58)), (0.74, 0.27), True,
    "A drawing: coffee rows in the hills of Huila.",
)  # fmt: skip
YIRGACHEFFE = Place(
    29, ((196, 176, 156), (250, 222, 178)), ((176, 150, 130), (58, 88, 52)), (0.26, 0.34), False,
    "A drawing: gardens under shade trees near Yirgacheffe.",
)  # fmt: skip
MINAS = Place(
    47, ((118, 164, 206), (232, 236, 226)), ((142, 168, 158), (92, 104, 46)), (0.5, 0.2), True,
    "A drawing: long rows in Sul de Minas.",
)  # fmt: skip


def tell(stage: Stage, cast: Cast) -> None:
    for grower, place in ((cast.growers[0], HUILA), (cast.almaz, YIRGACHEFFE), (cast.joao, MINAS)):
        stage.tell(f"picture of {grower.username}", lambda grower=grower, place=place: show(grower, place))  # type: ignore[misc]


def show(grower: Actor, place: Place) -> Plan:
    """The grower shows his farm to everybody."""
    picture = taken(grower.party, take_picture(grower.party, draw(place)))
    act = AttachDocument(
        at=grower.at("2026-05-02 09:00"), site=grower.site, lots=(), kind="photo", media_type="image/webp"
    )
    photo = picture.photo(shows="farm", caption=place.caption).text
    return Plan(grower.party, (Draft(act, {"photo": Withheld(photo, PUBLIC)}, files=picture.files),)).check()


def draw(place: Place) -> bytes:
    """The place as a PNG, always the same."""
    rng = random.Random(place.seed)  # noqa: S311 (a drawing, not a secret)
    image = Image.new("RGB", (WIDTH, HEIGHT))
    pen = ImageDraw.Draw(image)
    horizon = int(HEIGHT * 0.62)
    for y in range(HEIGHT):
        pen.line([(0, y), (WIDTH, y)], fill=_between(*place.sky, min(y / horizon, 1.0)))
    _sun(image, place)
    layers = 6
    for layer in range(layers):
        near = layer / (layers - 1)
        ridge = _ridge(rng, base=HEIGHT * (0.42 + 0.36 * near), height=HEIGHT * (0.10 - 0.045 * near))
        colour = _between(*place.hills, near**1.25)
        ImageDraw.Draw(image).polygon([*ridge, (WIDTH, HEIGHT), (0, HEIGHT)], fill=colour)
        if layer == layers - 2:
            _trees(image, rng, ridge, _between(colour, (24, 48, 34), 0.55))
        if layer == layers - 1 and place.rows:
            _rows(image, ridge, colour)
        elif layer == layers - 1:
            _garden(image, rng, colour)
    out = BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def _between(first: Colour, second: Colour, share: float) -> Colour:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(first, second, strict=True))
    return red, green, blue


def _sun(image: Image.Image, place: Place) -> None:
    x, y = place.sun[0] * WIDTH, place.sun[1] * HEIGHT
    glow = Image.new("L", image.size, 0)
    pen = ImageDraw.Draw(glow)
    for radius, light in ((210, 60), (120, 120), (64, 255)):
        pen.ellipse([x - radius, y - radius, x + radius, y + radius], fill=light)
    image.paste((255, 246, 222), (0, 0), glow.filter(ImageFilter.GaussianBlur(14)))


def _ridge(rng: random.Random, *, base: float, height: float) -> list[tuple[float, float]]:
    waves = [(rng.uniform(0.6, 1.6), rng.uniform(0, 7), 1.0), (rng.uniform(2.2, 4.0), rng.uniform(0, 7), 0.35)]
    return [
        (x, base - height * sum(size * math.sin(turn + often * 2 * math.pi * x / WIDTH) for often, turn, size in waves))
        for x in range(0, WIDTH + 8, 8)
    ]


def _trees(image: Image.Image, rng: random.Random, ridge: list[tuple[float, float]], colour: Colour) -> None:
    pen = ImageDraw.Draw(image)
    for x, y in rng.sample(ridge, 26):
        size = rng.uniform(14, 34)
        pen.line([(x, y + 6), (x, y - size)], fill=colour, width=4)
        pen.ellipse([x - size, y - size * 1.7, x + size, y - size * 0.7], fill=colour)


def _rows(image: Image.Image, ridge: list[tuple[float, float]], colour: Colour) -> None:
    """Rows of bushes that run together at the horizon."""
    pen = ImageDraw.Draw(image)
    top = max(y for _, y in ridge) + 4
    for row in range(-14, 29):
        for step in range(46):
            away = 1 - step / 46
            y = top + (HEIGHT + 40 - top) * away**1.8
            x = WIDTH * 0.5 + (row - 7) * 150 * (0.22 + 0.78 * away**1.4)
            size = 3 + 24 * away**1.4
            pen.ellipse([x - size, y - size * 0.8, x + size, y + size * 0.5], fill=_between(colour, (16, 44, 26), 0.45))
            pen.ellipse(
                [x - size * 0.7, y - size * 0.8, x + size * 0.3, y], fill=_between(colour, (150, 176, 92), 0.35)
            )


def _garden(image: Image.Image, rng: random.Random, colour: Colour) -> None:
    """Bushes as they grow, the nearer the larger."""
    pen = ImageDraw.Draw(image)
    for y in sorted(rng.uniform(HEIGHT * 0.84, HEIGHT * 1.02) for _ in range(150)):
        near = (y / HEIGHT - 0.84) / 0.18
        x, size = rng.uniform(0, WIDTH), 14 + 42 * near
        pen.ellipse(
            [x - size, y - size, x + size, y + size * 0.5], fill=_between(colour, (20, 46, 26), 0.5 - 0.2 * near)
        )
        pen.ellipse(
            [x - size * 0.7, y - size, x + size * 0.2, y - size * 0.2], fill=_between(colour, (150, 170, 90), 0.3)
        )
        if rng.random() < near:
            for _ in range(5):
                cx, cy = x + rng.uniform(-size, size) * 0.6, y + rng.uniform(-size, 0) * 0.7
                pen.ellipse([cx - 4, cy - 4, cx + 4, cy + 4], fill=(172, 40, 56))
