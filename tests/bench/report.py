# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""docs/performance.md and its plots, from the figures of a run."""
import json
import math
import os
import platform
import statistics
import subprocess

import plot

OURS, ALONE, USUAL, SHARP = "grisaille", "grisaille-scale alone", "libvips as usual", "sharp"

INTRODUCTION = """# Performance

Written by `./bench`; do not edit. Measured on {date}: {machine}, {cores} cores, {system};
libvips {vips}, sharp {sharp}, libjpeg-turbo 2.1 of Debian 12.

How: all contestants get the same bytes over loopback and use both cores, each with its own defaults
at JPEG quality 80. They take turns picture by picture; {rounds} round(s), medians. CPU is user and
system time of all processes of a contestant together, over as many pictures as take 0.4 s. The
load generator shares the cores, so CPU for a picture is the figure to compare, and requests a
second say what is left of it. The machine is shared and noisy: quote ratios of one run. The pictures are Debian's `lomiri-wallpapers-16.04`, `-20.04` and
the nature folder of `mate-backgrounds`: {count} photographs of {least:.1f} to {most:.1f}
megapixels, {progressive} of them progressive.

Pictures for `scale` pass two servers at the gateway, as users call it; "grisaille-scale alone" is
the scale server asked directly. sharp runs behind node's http, one process a core. "libvips as
usual" is our own pool and HTTP with a worker that calls `vips_colourspace` or `vips_thumbnail`
and `jpegsave`. nginx image_filter reads files and takes no upload. Pillow runs in child processes
behind a threaded Python server.
"""

LOSSLESS = """
## Lossless gray and its size

Without `quality` a gray JPEG is lossless: the luma's own coefficients, bit for bit. Of a source of
high quality that is more bytes than a new encoding at 80 would make, and it costs a fraction of the
CPU. `quality=80` asks for the small file. Over the photographs above, medians:

| | CPU, ms | bytes of the source's |
| --- | --- | --- |
"""


def mean(ratios):
    """Geometric."""
    return math.exp(statistics.mean(map(math.log, ratios)))


def ratios(section, other, ours=OURS, keep=lambda path: True):
    """CPU of the other by ours, picture by picture."""
    return [section[other][path]["cpu_ms"] / max(figures["cpu_ms"], 0.01)
            for path, figures in section[ours].items() if path in section[other] and keep(path)]


def verdict(value, target, at_most=False):
    good = value <= target if at_most else value >= target
    return "reached" if good else "**not reached**"


def goals(results):
    """The table of what should be reached: rows of (what, target, value, verdict)."""
    taken, others, pictures = results["photographs"], results["others"], results["pictures"]
    rows = []

    def row(what, value, target, at_most=False, unit="x"):
        sign = "<=" if at_most else ">="
        rows.append((what, f"{sign} {target:g}{unit}", f"{value:.2f}{unit}",
                     verdict(value, target, at_most)))

    for operation, least, worst in (("gray", 5, 2), ("0.5", 3.8, 1.3), ("0.25", 2.4, None),
                                    ("0.3", 2, None), ("0.125", 2, None)):
        against = ratios(taken[operation], SHARP)
        row(f"{operation} JPEG against sharp, mean", mean(against), least)
        if worst:
            row(f"{operation} JPEG against sharp, worst", min(against), worst)
    row("0.5 JPEG against libvips as usual, mean", mean(ratios(others["0.5"], USUAL)), 4)
    for operation, least in (("gray", 3.5), ("0.25", 2.5), ("0.125", 3)):
        row(f"{operation}, progressive JPEGs, against sharp, mean",
            mean(ratios(taken[operation], SHARP,
                        keep=lambda path: pictures[path]["progressive"])), least)
    for name in ("nginx image_filter", "Pillow"):
        every = [ratio for operation in ("gray", "0.5", "0.25") if name in others[operation]
                 for ratio in ratios(others[operation], name)]
        row(f"anything against {name}, mean", mean(every), 4)
    for kind, least in (("png", 1.2), ("webp", 1.0), ("webp lossless", 1.0)):
        for operation in ("gray", "0.5", "0.25"):
            row(f"{kind} {operation} against sharp, mean",
                mean(ratios(results["formats"][kind][operation], SHARP)), least)
    for title, figures in {**results["limit"], **results["limit_scale"]}.items():
        share = figures["per_second"] / figures["limit_per_second"]
        least = 0.93 if title.startswith("photo") else 0.75
        row(f"share of the limit, requests/s, {title}", share, least, unit="")
        row(f"share of the limit, CPU, {title}", figures["limit_cpu_ms"] / figures["cpu_ms"], least,
            unit="")
    for title, section in (("photographs", results["connections"]["gray"]),
                           ("50 KB", results["connections_small"]["gray"])):
        rates = {int(count): figures["per_second"] for count, figures in section[OURS].items()}
        for count in (64, 256):
            row(f"{count} connections against 4, gray, {title}", rates[count] / rates[4], 0.95,
                unit="")
    rest = results["rest"]
    row("gateway at rest, without its children", rest["gateway_mib"], 8, True, " MiB")
    row("the whole system at rest", rest["system_mib"], 80, True, " MiB")
    row("from exec to the first answer", rest["first_answer_ms"], 150, True, " ms")
    return rows


def table(heads, rows):
    lines = ["| " + " | ".join(heads) + " |", "| " + " | ".join("---" for _ in heads) + " |"]
    return "\n".join(lines + ["| " + " | ".join(map(str, row)) + " |" for row in rows]) + "\n"


def photograph_table(results):
    pictures, rows = results["pictures"], []
    for path, picture in sorted(pictures.items(), key=lambda item: item[1]["megapixels"]):
        cells = [picture["name"], f"{picture['megapixels']:.1f}",
                 "yes" if picture["progressive"] else ""]
        for operation in ("gray", "0.5", "0.25", "0.3", "0.125"):
            section = results["photographs"][operation]
            ours, sharp = section[OURS][path]["cpu_ms"], section[SHARP][path]["cpu_ms"]
            cells.append(f"{ours:.1f} / {sharp:.1f}")
        rows.append(cells)
    return table(["photograph", "MP", "progressive", "gray", "0.5", "0.25", "0.3", "0.125"], rows)


def kinds_table(results):
    """Geometric means and the worst against sharp, by kind of JPEG."""
    taken, pictures, rows = results["photographs"], results["pictures"], []

    def cells(values):
        return f"{mean(values):.2f} ({min(values):.2f})" if values else "-"

    for operation in (name for name in taken if SHARP in taken[name]):
        small = results["small"].get(operation)
        rows.append([operation] + [
            cells(ratios(taken[operation], SHARP,
                         keep=lambda path, kind=kind: pictures[path]["progressive"] == kind))
            for kind in (False, True)] + [cells(ratios(small, SHARP)) if small else "-"])
    return table(["sharp's CPU by ours, mean (worst)", "baseline", "progressive", "50 KB"], rows)


def straightness(points):
    """Slope, intercept, and R squared of the least-squares line."""
    slope, intercept = statistics.linear_regression(*zip(*points))
    return slope, intercept, statistics.correlation(*zip(*points)) ** 2


def fit_table(results):
    """How straight CPU against megapixels is: for progressive JPEGs it follows the bytes."""
    pictures, rows = results["pictures"], []
    for operation in ("gray", "0.5", "0.25"):
        section = results["photographs"][operation][OURS]
        for title, kind in (("baseline", False), ("progressive", True)):
            paths = [path for path in section if pictures[path]["progressive"] == kind]
            if len(paths) < 3:
                continue
            cells = [operation, title]
            for key, unit in (("megapixels", 1), ("bytes", 1e6)):
                slope, intercept, r2 = straightness(
                    [(pictures[path][key] / unit, section[path]["cpu_ms"]) for path in paths])
                cells.append(f"{slope:.1f} ms each {intercept:+.1f} ms, R² {r2:.2f}")
            rows.append(cells)
    return table(["", "", "CPU against megapixels", "CPU against megabytes of the source"], rows)


def load_table(results):
    rows = []
    for operation, section in results["load"].items():
        for name, counts in section.items():
            figures = counts[next(iter(counts))]
            rows.append([operation, name, f"{figures['per_second']:.1f}", f"{figures['p50_ms']:.0f}",
                         f"{figures['p99_ms']:.0f}", f"{figures['errors']:.0f}",
                         f"{figures['pss_mib']:.0f}"])
    return table(["", "", "requests/s", "p50, ms", "p99, ms", "errors", "peak PSS, MiB"], rows)


def connection_table(results):
    rows = []
    sections = {"photographs, gray": results["connections"]["gray"],
                "photographs, 0.5": results["connections"]["0.5"],
                "50 KB, gray": results["connections_small"]["gray"]}
    counts = list(sections["photographs, gray"][OURS])
    for title, section in sections.items():
        cells = []
        for figures in map(section[OURS].get, counts):
            refused = f", {figures['errors']:.0f} errors" if figures["errors"] else ""
            cells.append(f"{figures['per_second']:.0f} ({figures['p99_ms']:.0f} ms{refused})")
        rows.append([title] + cells)
    return table(["requests/s answered 200 (p99) at connections"] + list(map(str, counts)), rows)


def quality_table(results):
    rows = []
    for factor in next(iter(results["quality"].values())):
        pairs = [(factors[factor][ALONE], factors[factor][SHARP])
                 for factors in results["quality"].values()]
        decibels = [ours[0] - sharp[0] for ours, sharp in pairs]
        similarity = [ours[1] - sharp[1] for ours, sharp in pairs]
        rows.append([factor, f"{statistics.mean(ours[0] for ours, _ in pairs):.2f}",
                     f"{statistics.mean(sharp[0] for _, sharp in pairs):.2f}",
                     f"{statistics.mean(decibels):+.2f}", f"{min(decibels):+.2f}",
                     f"{statistics.mean(similarity):+.4f}", f"{min(similarity):+.4f}"])
    return table(["factor", "ours, dB", "sharp, dB", "mean difference", "worst", "SSIM, mean "
                  "difference", "worst"], rows)


def lossless_rows(results):
    rows = ""
    for title, operation in (("lossless", "gray"), ("`quality=80`", "gray q80")):
        section = results["photographs"][operation][OURS]
        size = statistics.median(figures["bytes"] / results["pictures"][path]["bytes"]
                                 for path, figures in section.items())
        cost = statistics.median(figures["cpu_ms"] for figures in section.values())
        rows += f"| {title} | {cost:.1f} | {size:.2f} |\n"
    return rows


def write_plots(results, folder):
    folder.mkdir(exist_ok=True)
    pictures = results["pictures"]
    for name, kind in (("megapixels", False), ("progressive", True)):
        series = {operation: sorted(
            (pictures[path]["megapixels"], figures["cpu_ms"])
            for path, figures in results["photographs"][operation][OURS].items()
            if pictures[path]["progressive"] == kind) for operation in ("gray", "0.5", "0.25")}
        plot.write(folder / f"{name}.svg", "CPU for one photograph, "
                   + ("progressive" if kind else "baseline"), "megapixels", "CPU, ms", series,
                   lines=False, fits=True)
    series = {name: sorted((pictures[path]["megapixels"], figures["cpu_ms"])
                           for path, figures in results["photographs"]["gray"][name].items())
              for name in (OURS, SHARP)}
    plot.write(folder / "gray.svg", "Gray: CPU for one photograph", "megapixels", "CPU, ms", series,
               lines=False, fits=True)
    series = {title: [(int(count), figures["per_second"])
                      for count, figures in section[OURS].items()]
              for title, section in (("photographs, gray", results["connections"]["gray"]),
                                     ("photographs, 0.5", results["connections"]["0.5"]))}
    plot.write(folder / "connections.svg", "Throughput", "connections", "requests/s", series)


def processor():
    for line in open("/proc/cpuinfo"):
        if line.startswith("model name"):
            return line.split(":")[1].strip()
    return platform.machine()


def version_of_vips():
    return subprocess.run(["pkg-config", "--modversion", "vips"], capture_output=True,
                          text=True).stdout.strip()


def write(results, docs, modules):
    pictures = results["pictures"].values()
    package = json.loads((modules / "node_modules/sharp/package.json").read_text())
    text = INTRODUCTION.format(
        date=results["settings"]["date"], machine=processor(), cores=os.cpu_count(),
        system=f"Linux {platform.release().split('-')[0]}", vips=version_of_vips(),
        sharp=package["version"], rounds=results["settings"]["rounds"], count=len(pictures),
        least=min(picture["megapixels"] for picture in pictures),
        most=max(picture["megapixels"] for picture in pictures),
        progressive=sum(picture["progressive"] for picture in pictures))
    write_plots(results, docs / "performance")
    text += "\n## What it should reach\n\n" + table(
        ["", "target", "measured", ""], goals(results))
    text += "\n## Kinds of JPEG apart\n\n" + kinds_table(results)
    text += "\n## CPU for each photograph, ms, ours / sharp's\n\n" + photograph_table(results)
    text += ("\n![CPU against megapixels, baseline](performance/megapixels.svg)\n"
             "![CPU against megapixels, progressive](performance/progressive.svg)\n"
             "![Gray beside sharp](performance/gray.svg)\n")
    text += "\nThe least-squares lines through these:\n\n" + fit_table(results)
    text += "\n## Everybody under load, four connections, eight photographs\n\n" + load_table(results)
    text += "\n## Connections\n\n" + connection_table(results)
    text += "\n![Throughput](performance/connections.svg)\n"
    text += ("\n## Quality beside sharp's\n\nPSNR in RGB and SSIM of luma against a full decode "
             "reduced with lanczos3.\n\n" + quality_table(results))
    text += LOSSLESS + lossless_rows(results)
    text += ("\n## Again\n\n    ./bench            everything; half an hour\n"
             "    ./bench --quick    a few photographs, one round\n"
             "    ./bench --compare REV    this checkout against another revision\n")
    (docs / "performance.md").write_text(text)
