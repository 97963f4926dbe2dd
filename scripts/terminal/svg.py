"""Frames as an SVG: each row that occurs is drawn once, and a frame is a list of references to rows."""

import itertools
from xml.sax.saxutils import escape

CELL = 8.4
LINE = 18
SIZE = 14
MARGIN = 16
BAR = 34
FRONT, BACK = "#d8dee9", "#1d2127"
PALETTE = [
    *("#3b4252", "#e06c75", "#8ccf7e", "#e5c76b", "#67b0e8", "#c47fd5", "#6cbfbf", "#d8dee9"),
    *("#5c6470", "#ef7d85", "#9fe08f", "#f4d67a", "#71baf2", "#ce89df", "#76c9c9", "#f5f7fa"),
]
# How long the last frame stays before it starts again.
PAUSE = 5.0


def colour(value, default):
    """A palette index, #rrggbb or None as an SVG colour."""
    if value is None:
        return default
    if isinstance(value, str):
        return value
    if value < 16:
        return PALETTE[value]
    if value < 232:
        steps = (0, 95, 135, 175, 215, 255)
        value -= 16
        return "#%02x%02x%02x" % (steps[value // 36], steps[value // 6 % 6], steps[value % 6])
    return "#%02x%02x%02x" % ((8 + (value - 232) * 10,) * 3)


def runs(row):
    """(column, cells, text, style) of the parts of a row that look alike."""
    column = 0
    for style, group in itertools.groupby(row, key=lambda cell: cell[1]):
        cells = list(group)
        yield column, len(cells), "".join(text for text, _ in cells), style
        column += len(cells)


def draw_row(row):
    """The SVG of a row, at its own origin."""
    parts = []
    for column, cells, text, (front, back, flags) in runs(row):
        front, back = colour(front, FRONT), colour(back, None)
        if "reverse" in flags:
            front, back = back or BACK, front
        if back:
            parts.append(
                '<rect x="%.1f" width="%.1f" height="%d" fill="%s"/>' % (column * CELL, cells * CELL, LINE, back)
            )
        stripped = text.rstrip()
        if not stripped.strip():
            continue
        lead = len(stripped) - len(stripped.lstrip())
        shown = stripped[lead:]
        wide = cells - (len(text) - len(stripped)) - lead
        classes = [name[0] for name in ("bold", "dim", "italic", "underline") if name in flags]
        parts.append(
            '<text x="%.1f" y="%d" textLength="%.1f"%s%s>%s</text>'
            % (
                (column + lead) * CELL,
                SIZE,
                wide * CELL,
                ' class="%s"' % " ".join(classes) if classes else "",
                ' fill="%s"' % front if front != FRONT else "",
                escape(shown),
            )
        )
    return "".join(parts)


def render(frames, size, title):
    """The whole document."""
    columns, rows = size
    width = columns * CELL + 2 * MARGIN
    height = rows * LINE + BAR + MARGIN
    names = {}
    drawn = []
    pictures = []
    for frame in frames:
        uses = []
        for number, row in enumerate(frame.rows):
            if row not in names:
                content = draw_row(row)
                names[row] = "r%d" % len(drawn) if content else ""
                if content:
                    drawn.append('<g id="r%d">%s</g>' % (len(drawn), content))
            if names[row]:
                uses.append('<use href="#%s" y="%d"/>' % (names[row], number * LINE))
        pictures.append("".join(uses))
    body, motion = film(frames, pictures)
    return TEMPLATE.format(
        width=round(width),
        height=round(height),
        title=escape(title),
        middle=round(width / 2),
        back=BACK,
        front=FRONT,
        size=SIZE,
        margin=MARGIN,
        bar=BAR,
        motion=motion,
        rows="\n".join(drawn),
        body=body,
    )


def film(frames, pictures):
    """The frames one after another: each is visible from its start to the next one's, for ever again."""
    if len(pictures) == 1:
        return "<g>%s</g>" % pictures[0], ""
    whole = frames[-1].start + PAUSE
    parts, rules = [], []
    for number, (frame, picture) in enumerate(zip(frames, pictures)):
        last = number == len(frames) - 1
        start = 100 * frame.start / whole
        end = 100 if last else 100 * frames[number + 1].start / whole
        steps = ["0%{opacity:0}"] if start else []
        steps.append("%.3f%%{opacity:1}" % start)
        if not last:
            steps.append("%.3f%%{opacity:0}" % end)
        rules.append("@keyframes k%d{%s}" % (number, "".join(steps)))
        rules.append("#f%d{animation-name:k%d}" % (number, number))
        # Without animations the last screen is what is seen.
        parts.append('<g id="f%d" class="f"%s>%s</g>' % (number, "" if last else ' opacity="0"', picture))
    rules.append(".f{animation:%.2fs step-end infinite}" % whole)
    # The short form above resets the name, so it goes first.
    return "\n".join(parts), rules[-1] + "".join(rules[:-1])


TEMPLATE = """<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}">
<title>{title}</title>
<style>
text{{font-family:ui-monospace,"DejaVu Sans Mono",Menlo,Consolas,"Liberation Mono",monospace;font-size:{size}px;\
white-space:pre}}
.b{{font-weight:bold}}.d{{opacity:.6}}.i{{font-style:italic}}.u{{text-decoration:underline}}
{motion}
</style>
<defs>
{rows}
</defs>
<rect width="{width}" height="{height}" rx="8" fill="{back}"/>
<circle cx="20" cy="17" r="6" fill="#e06c75"/><circle cx="40" cy="17" r="6" fill="#e5c76b"/>\
<circle cx="60" cy="17" r="6" fill="#8ccf7e"/>
<text x="{middle}" y="22" text-anchor="middle" fill="#7d8590">{title}</text>
<g transform="translate({margin} {bar})" fill="{front}">
{body}
</g>
</svg>
"""
