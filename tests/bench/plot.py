# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""Plots as SVG, written by hand: points and lines in a frame, and nothing else."""
import statistics

WIDTH, HEIGHT, LEFT, BOTTOM, TOP, RIGHT = 640, 380, 64, 48, 34, 150
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


def fit(points, right):
    """The least-squares line through the points, where it is above 0: its two ends."""
    slope, intercept = statistics.linear_regression(*zip(*points))
    left = max(0.0, -intercept / slope) if slope > 0 else 0.0
    return [(left, intercept + slope * left), (right, max(0.0, intercept + slope * right))]


def write(path, title, x_title, y_title, series, lines=True, fits=False):
    """series: {name: [(x, y), ...]}. fits: with its least-squares line each."""
    points = [point for values in series.values() for point in values]
    xs, ys = ticks(max(x for x, _ in points)), ticks(max(y for _, y in points))

    def place(x, y):
        return (LEFT + x / xs[-1] * (WIDTH - LEFT - RIGHT),
                HEIGHT - BOTTOM - y / ys[-1] * (HEIGHT - BOTTOM - TOP))

    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
           'font-family="sans-serif" font-size="12">',
           f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
           f'<text x="{LEFT}" y="20" font-size="14">{title}</text>']
    for x in xs:
        left, bottom = place(x, 0)
        out.append(f'<text x="{left:.1f}" y="{bottom + 16:.1f}" text-anchor="middle">{x:g}</text>')
    for y in ys:
        left, level = place(0, y)
        right = place(xs[-1], y)[0]
        out.append(f'<path d="M{left:.1f} {level:.1f}H{right:.1f}" stroke="#ddd"/>')
        out.append(f'<text x="{left - 6:.1f}" y="{level + 4:.1f}" text-anchor="end">{y:g}</text>')
    middle = (LEFT + WIDTH - RIGHT) / 2
    out.append(f'<text x="{middle}" y="{HEIGHT - 10}" text-anchor="middle">{x_title}</text>')
    out.append(f'<text transform="translate(16 {HEIGHT / 2}) rotate(-90)" '
               f'text-anchor="middle">{y_title}</text>')
    for number, (name, values) in enumerate(series.items()):
        colour = COLOURS[number % len(COLOURS)]
        places = [place(*point) for point in values]
        if lines:
            path_data = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in places)
            out.append(f'<path d="{path_data}" fill="none" stroke="{colour}" stroke-width="2"/>')
        if fits and len(values) > 1:
            (x1, y1), (x2, y2) = (place(*end) for end in fit(values, max(x for x, _ in values)))
            out.append(f'<path d="M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}" stroke="{colour}" '
                       'stroke-dasharray="5 4"/>')
        out += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in places]
        level = TOP + 16 * number + 8
        out.append(f'<circle cx="{WIDTH - RIGHT + 14}" cy="{level}" r="4" fill="{colour}"/>')
        out.append(f'<text x="{WIDTH - RIGHT + 24}" y="{level + 4}">{name}</text>')
    out.append("</svg>\n")
    path.write_text("\n".join(out))
