"""Segments can be told apart: every symbol once, and colours that differ for every kind of colour vision, in light and dark."""

from __future__ import annotations

import re
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

FRONTEND = Path(__file__).parents[2] / "frontend" / "src"
CLEARLY_DIFFERENT = 10  # CIEDE2000
CONTRAST = 3  # WCAG 1.4.11, of a mark with the card it stands on

Numbers = NDArray[np.float64]
XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
#: Machado, Oliveira and Fernandes (2009), severity 1.
VISION = {
    "normal": np.eye(3),
    "protan": np.array([[0.1523, 1.0526, -0.2049], [0.1145, 0.7863, 0.0992], [-0.0039, -0.0481, 1.0520]]),
    "deutan": np.array([[0.3673, 0.8606, -0.2280], [0.2801, 0.6725, 0.0474], [-0.0118, 0.0429, 0.9689]]),
    "tritan": np.array([[1.2555, -0.0767, -0.1788], [-0.0784, 0.9308, 0.1476], [0.0047, 0.6914, 0.3039]]),
}


def read_colours(theme: int) -> tuple[dict[str, Numbers], Numbers]:
    """Linear RGB of the segments' colours, by name, and of the card: 0 light, 1 dark."""
    text = (FRONTEND / "ui" / "theme" / "tokens.css").read_text()
    found = [dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block)) for block in re.split(r"@media screen", text)[:2]]
    linear = {name: _linear(value) for name, value in found[theme].items()}
    return {name: value for name, value in linear.items() if name.startswith("seg-")}, linear["card"]


def _linear(colour: str) -> Numbers:
    rgb = np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)]) / 255
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def _lab(linear: Numbers) -> Numbers:
    xyz = XYZ @ np.clip(linear, 0, 1) / (XYZ @ np.ones(3))
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def difference(one: Numbers, other: Numbers) -> float:
    """CIEDE2000 of two colours in CIELAB."""
    mean_chroma = (np.hypot(*one[1:]) + np.hypot(*other[1:])) / 2
    stretch = 1 + 0.5 * (1 - np.sqrt(mean_chroma**7 / (mean_chroma**7 + 25**7)))
    (l1, a1, b1), (l2, a2, b2) = one * [1, stretch, 1], other * [1, stretch, 1]
    c1, c2 = np.hypot(a1, b1), np.hypot(a2, b2)
    h1, h2 = np.degrees(np.arctan2(b1, a1)) % 360, np.degrees(np.arctan2(b2, a2)) % 360
    turn = (h2 - h1 + 180) % 360 - 180
    hue, lightness, chroma = h1 + turn / 2, (l1 + l2) / 2, (c1 + c2) / 2
    t = (
        1
        - 0.17 * np.cos(np.radians(hue - 30))
        + 0.24 * np.cos(np.radians(2 * hue))
        + 0.32 * np.cos(np.radians(3 * hue + 6))
        - 0.2 * np.cos(np.radians(4 * hue - 63))
    )
    of_lightness = (l2 - l1) / (1 + 0.015 * (lightness - 50) ** 2 / np.sqrt(20 + (lightness - 50) ** 2))
    of_chroma = (c2 - c1) / (1 + 0.045 * chroma)
    of_hue = 2 * np.sqrt(c1 * c2) * np.sin(np.radians(turn / 2)) / (1 + 0.015 * chroma * t)
    blue = np.sin(np.radians(60 * np.exp(-((((hue % 360) - 275) / 25) ** 2))))
    rotation = -2 * np.sqrt(chroma**7 / (chroma**7 + 25**7)) * blue
    return float(np.sqrt(of_lightness**2 + of_chroma**2 + of_hue**2 + rotation * of_chroma * of_hue))


def test_the_difference_is_that_of_the_published_examples() -> None:
    """Sharma, Wu and Dalal (2005), pairs 1, 7 and 17."""
    for one, other, expected in (
        ((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425),
        ((50, 0, 0), (50, -1, 2), 2.3669),
        ((50, 2.5, 0), (73, 25, -18), 27.1492),
    ):
        assert difference(np.array(one, float), np.array(other, float)) == pytest.approx(expected, abs=5e-4)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("vision", VISION)
def test_all_eleven_colours_differ_clearly(theme: int, vision: str) -> None:
    colours, card = read_colours(theme)
    assert len(colours) == 11
    seen = {name: _lab(VISION[vision] @ value) for name, value in colours.items()}
    closest = min(combinations(seen, 2), key=lambda pair: difference(seen[pair[0]], seen[pair[1]]))
    assert difference(seen[closest[0]], seen[closest[1]]) > CLEARLY_DIFFERENT, closest
    for name, value in colours.items():
        light, dark = sorted((XYZ[1] @ value, XYZ[1] @ card), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= CONTRAST, name


def test_every_segment_has_a_symbol_and_a_colour_of_its_own() -> None:
    text = (FRONTEND / "features" / "customer" / "segments.ts").read_text()
    looks = re.findall(r"glyph: '(.)', colour: '([\w-]+)'", text)
    assert len(looks) == 12 and len({glyph for glyph, _ in looks}) == 12
    assert len({colour for _, colour in looks}) == 11, "only segments of the user's own share a colour, with Lost"
