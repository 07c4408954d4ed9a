"""A figure over time with the targets that held, as an SVG picture; pure. Who moved a target, and when, is on it.

The picture always has a table behind it: what it shows can be read without it.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from dashboard.atlas import atlas_of
from dashboard.views_words import Words

WIDTH, HEIGHT = 640, 220
LEFT, RIGHT, TOP, BOTTOM = 62, 14, 16, 34
INK, DIM, TARGET = "#1f3a5f", "#5b6470", "#8a5a00"
MAP_WIDTH = 540
LABEL = "#1c232b"
HALO = 'stroke="#ffffff" stroke-opacity="0.75" stroke-width="3" paint-order="stroke"'
MAP_COLOURS = {"calm": "#dfe7ef", "behind": "#f3ddb0", "far": "#e0a84f"}


@dataclass(frozen=True, slots=True)
class Step:
    """A target from ``at`` (milliseconds) on; ``note``: who set it and when."""

    at: int
    value: float
    note: str


def chart(
    points: Sequence[tuple[int, float]], steps: Sequence[Step], labels: tuple[str, str], numbers: Sequence[str]
) -> str:
    """An address for an image. ``labels``: of the first and the last instant; ``numbers``: the least and the most on
    the upright axis, as they are written; see ``bounds``. A single point stands at the end of its targets."""
    low, high = bounds(points, steps)
    begun = points[0][0] if len(points) > 1 or not steps else min(step.at for step in steps)
    first, last = begun, max(points[-1][0], begun + 1)

    def x(at: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * (min(max(at, first), last) - first) / (last - first)

    def y(value: float) -> float:
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (value - low) / (high - low)

    parts = [
        f'<line x1="{LEFT}" y1="{y(low):.1f}" x2="{WIDTH - RIGHT}" y2="{y(low):.1f}" stroke="{DIM}"/>',
        _text(LEFT - 6, y(low) + 4, numbers[0], "end"),
        _text(LEFT - 6, y(high) + 8, numbers[1], "end"),
        _text(LEFT, HEIGHT - 14, labels[0], "start"),
        _text(WIDTH - RIGHT, HEIGHT - 14, labels[1], "end"),
    ]
    held = [step for step in sorted(steps, key=lambda step: step.at) if step.at <= last]
    for n, step in enumerate(held):
        end = held[n + 1].at if n + 1 < len(held) else last
        if end < first:
            continue
        level = y(step.value)
        parts.append(
            f'<line x1="{x(step.at):.1f}" y1="{level:.1f}" x2="{x(end):.1f}" y2="{level:.1f}" stroke="{TARGET}" '
            'stroke-width="2" stroke-dasharray="6 4"/>'
        )
        if n and step.at >= first:  # moved: a mark where, and who
            parts.append(f'<circle cx="{x(step.at):.1f}" cy="{level:.1f}" r="4" fill="{TARGET}"/>')
        near = x(step.at) < WIDTH * 0.6
        spot = max(x(step.at), LEFT) + 6 if near else x(step.at) - 6
        parts.append(_text(spot, level - 6, step.note, "start" if near else "end", TARGET))
    line = " ".join(f"{x(at):.1f},{y(value):.1f}" for at, value in points)
    parts.append(f'<polyline points="{line}" fill="none" stroke="{INK}" stroke-width="2.5"/>')
    parts += [f'<circle cx="{x(at):.1f}" cy="{y(value):.1f}" r="3" fill="{INK}"/>' for at, value in points]
    body = "".join(parts)
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}">{body}</svg>'
    return f"data:image/svg+xml;base64,{b64encode(svg.encode()).decode()}"


def district_map(words: Words, title: str, told: Mapping[str, tuple[str, str]]) -> tuple[str, str] | None:
    """``title`` and the address of an image of the districts: on each its name and what is told of it (a state and a
    text); the state's colour is never the only sign. A district of which nothing is told is left white. None when
    nothing is told of any, or the city has no map."""
    atlas = atlas_of(words.config.regions, words.config.folder) if told else None
    if atlas is None:
        return None
    width, height = MAP_WIDTH, MAP_WIDTH / atlas.aspect
    parts = []
    for outline in atlas.outlines:
        state, _ = told.get(outline.code, ("", ""))
        points = " ".join(f"{x * width:.1f},{y * height:.1f}" for x, y in outline.points)
        fill = MAP_COLOURS.get(state, "#ffffff")
        parts.append(f'<polygon points="{points}" fill="{fill}" stroke="{DIM}" stroke-width="0.8"/>')
    for outline in atlas.outlines:
        _, text = told.get(outline.code, ("", ""))
        x, y = outline.widest_x * width, outline.widest_y * height
        parts.append(_text(x, y - 3, words.district(outline.code), "middle", LABEL, f'font-size="12" {HALO}'))
        parts.append(_text(x, y + 14, text, "middle", LABEL, f'font-size="16" font-weight="600" {HALO}'))
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="-6 -6 {width + 12:.0f} {height + 12:.0f}" '
        f'width="{width:.0f}">{"".join(parts)}</svg>'
    )
    return title, f"data:image/svg+xml;base64,{b64encode(svg.encode()).decode()}"


def bounds(points: Sequence[tuple[int, float]], steps: Sequence[Step]) -> tuple[float, float]:
    """The least and the most of values and targets, with a little air; never a line without height."""
    values = [value for _, value in points] + [step.value for step in steps]
    low, high = min(values), max(values)
    air = (high - low) * 0.08 or abs(high) * 0.1 or 1.0
    return (max(0.0, low - air) if low >= 0 else low - air), high + air


def _text(x: float, y: float, text: str, anchor: str, colour: str = DIM, size: str = 'font-size="12"') -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" {size} font-family="sans-serif" '
        f'fill="{colour}">{escape(text)}</text>'
    )
