# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""Plots as SVG, written by hand: points and lines in a frame, bars, and nothing else."""
import math
import statistics

WIDTH, HEIGHT, LEFT, BOTTOM, TOP, RIGHT = 640, 380, 64, 48, 34, 150
BAR_NAMES, BAR_LABELS, BAR, BAR_STEP, GROUP_STEP = 130, 110, 11, 15, 28
COLOURS = ("#1b6ca8", "#d1495b", "#4c956c", "#8d6a9f", "#e09f3e")


def ticks(largest):
    """Round steps from 0 to at least `largest`, at most seven."""
    step = 10.0 ** (len(str(int(largest))) - 1)
    while largest / step > 6:
        step *= 2
    while largest / step < 3:
        step /= 2
    count = int(largest / step) + 1
    return [step * number for number in range(count + 1)]


def fit(points):
    """The least-squares line along the points, where it is above 0: its two ends."""
    slope, intercept = statistics.linear_regression(*zip(*points))
    left, right = points[0][0], points[-1][0]
    if slope > 0:
        left = max(left, -intercept / slope)
    return [(x, max(0.0, intercept + slope * x)) for x in (left, right)]


class Frame:
    """The axes: where a point is drawn."""

    def __init__(self, xs, ys, doubling):
        self.xs, self.ys, self.doubling = xs, ys, doubling

    def place(self, x, y):
        if self.doubling: # a doubling of x is a step of the same length
            share = math.log2(x / self.xs[0]) / math.log2(self.xs[-1] / self.xs[0])
        else:
            share = (x - self.xs[0]) / (self.xs[-1] - self.xs[0])
        up = (y - self.ys[0]) / (self.ys[-1] - self.ys[0])
        return (LEFT + share * (WIDTH - LEFT - RIGHT),
                HEIGHT - BOTTOM - up * (HEIGHT - BOTTOM - TOP))

    def draw(self, title, x_title, y_title):
        middle, end = 'text-anchor="middle"', 'text-anchor="end"'
        out = [f'<text x="{LEFT}" y="20" font-size="14">{title}</text>']
        for x in self.xs:
            left, bottom = self.place(x, self.ys[0])
            out.append(f'<text x="{left:.1f}" y="{bottom + 16:.1f}" {middle}>{x:g}</text>')
        for y in self.ys:
            left, level = self.place(self.xs[0], y)
            out.append(f'<path d="M{left:.1f} {level:.1f}H{WIDTH - RIGHT}" stroke="#ddd"/>')
            out.append(f'<text x="{left - 6:.1f}" y="{level + 4:.1f}" {end}>{y:g}</text>')
        centre = (LEFT + WIDTH - RIGHT) / 2
        out.append(f'<text x="{centre}" y="{HEIGHT - 10}" {middle}>{x_title}</text>')
        out.append(f'<text transform="translate(16 {HEIGHT / 2}) rotate(-90)" {middle}>{y_title}'
                   '</text>')
        return out


def draw_series(frame, number, name, values, lines, fits):
    colour = COLOURS[number % len(COLOURS)]
    places = [frame.place(*point) for point in values]
    out = []
    if lines:
        path_data = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in places)
        out.append(f'<path d="{path_data}" fill="none" stroke="{colour}" stroke-width="2"/>')
    if fits and len(values) > 2:
        (x1, y1), (x2, y2) = (frame.place(*end) for end in fit(values))
        out.append(f'<path d="M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}" stroke="{colour}" '
                   'stroke-dasharray="5 4"/>')
    out += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in places]
    level = TOP + 16 * number + 8
    out.append(f'<circle cx="{WIDTH - RIGHT + 14}" cy="{level}" r="4" fill="{colour}"/>')
    out.append(f'<text x="{WIDTH - RIGHT + 24}" y="{level + 4}">{name}</text>')
    return out


def write(path, title, x_title, y_title, series, lines=True, fits=False, doubling=False, lowest=0):
    """series: {name: [(x, y), ...] by rising x}. fits: with its least-squares line each. doubling:
    x is drawn by its logarithm, a tick at each point. lowest: where y begins."""
    points = [point for values in series.values() for point in values]
    xs = sorted({x for x, _ in points}) if doubling else ticks(max(x for x, _ in points))
    ys = [lowest + y for y in ticks(max(y for _, y in points) - lowest)]
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
           'font-family="sans-serif" font-size="12">',
           f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>']
    frame = Frame(xs, ys, doubling)
    out += frame.draw(title, x_title, y_title)
    for number, (name, values) in enumerate(series.items()):
        out += draw_series(frame, number, name, values, lines, fits)
    path.write_text("\n".join([*out, "</svg>\n"]))


def draw_bar(level, name, colour, length, label):
    end = f"{BAR_NAMES + length:.1f}"
    return [f'<text x="{BAR_NAMES - 8}" y="{level + 10}" text-anchor="end">{name}</text>',
            f'<rect x="{BAR_NAMES}" y="{level}" width="{length:.1f}" height="{BAR}" fill="{colour}"/>',
            f'<text x="{end}" dx="5" y="{level + 10}">{label}</text>']


def bars(path, title, groups):
    """groups: {title: {name: (length, label)}}. A bar each from the left, the longest as long as there is
    room, and a name of the same colour in all groups."""
    longest = max(length for group in groups.values() for length, _ in group.values())
    names = list(dict.fromkeys(name for group in groups.values() for name in group))
    out, level = [f'<text x="8" y="20" font-size="14">{title}</text>'], 26
    for heading, group in groups.items():
        level += GROUP_STEP - BAR_STEP
        out.append(f'<text x="8" y="{level + 10}" font-weight="bold">{heading}</text>')
        level += BAR_STEP
        for name, (length, label) in group.items():
            room = WIDTH - BAR_NAMES - BAR_LABELS
            out += draw_bar(level, name, COLOURS[names.index(name) % len(COLOURS)], length / longest * room, label)
            level += BAR_STEP
    height = level + 10
    path.write_text("\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        'font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{height}" fill="white"/>', *out, "</svg>\n"]))
