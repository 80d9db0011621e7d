# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""The plots of docs/performance.md and README.md, from the figures of a run."""
import goals
import plot
from figures import NGINX, OURS, PILLOW, SHARP, USUAL, geometric_mean

EVERYBODYS = (("gray", "JPEG, to gray"), ("0.5", "JPEG, to one half"), ("0.25", "JPEG, to one quarter"))


def points(results, operation, name, progressive=None):
    """(megapixels, CPU ms) of each photograph, of one kind or of both."""
    images = results["images"]
    return sorted((images[path]["megapixels"], figures["cpu_ms"])
                  for path, figures in results["cpu"]["photographs"][operation][name].items()
                  if progressive in (None, images[path]["progressive"]))


def write(results, folder):
    folder.mkdir(exist_ok=True)
    for old in folder.glob("*.svg"):
        old.unlink()
    for name, progressive in (("baseline", False), ("progressive", True)):
        series = {operation: points(results, operation, OURS, progressive)
                  for operation in ("gray", "0.5", "0.25")}
        plot.write(folder / f"{name}.svg", f"CPU for one {name} photograph", "megapixels",
                   "CPU, ms", series, lines=False, fits=True)
    for name, operation in (("gray", "gray"), ("half", "0.5")):
        plot.write(folder / f"{name}.svg", f"{operation}: CPU for one photograph", "megapixels",
                   "CPU, ms", {who: points(results, operation, who) for who in (OURS, SHARP)},
                   lines=False, fits=True)
    for name, kind in (("connections", "photographs"), ("connections-small", "50 KB")):
        series = {operation: [(int(count), figures["per_second"])
                              for count, figures in section[OURS].items()]
                  for operation, section in results["connections"][kind].items()}
        plot.write(folder / f"{name}.svg", f"Throughput, {kind}", "connections", "requests/s",
                   series, doubling=True)
    quality(results, folder)
    beside(results, folder)


def beside(results, folder):
    """README.md's: CPU of everybody by ours, for what all of them do and for the jobs of /image that somebody
    else does too."""
    sections = {title: results["cpu"]["few"][operation] for operation, title in EVERYBODYS}
    sections |= {title: section for title, section in results["jobs"].items() if len(section) > 1}
    groups = {}
    for title, section in sections.items():
        groups[title] = {}
        for name in (name for name in (OURS, SHARP, USUAL, PILLOW, NGINX) if name in section):
            ratio = geometric_mean(goals.cpu_ratios(section, name))
            cost = geometric_mean(figures["cpu_ms"] for figures in section[name].values())
            groups[title][name] = ratio, f"{cost:.1f} ms" + ("" if name == OURS else f", {ratio:.1f}x")
    settings = results["settings"]
    plot.bars(folder / "beside.svg", f"CPU of one image, by grisaille's; {settings['date']}, {settings['machine']}",
              groups)


def quality(results, folder):
    """Mean PSNR of all photographs against the factor."""
    series = {}
    for name, title in ((OURS, OURS), (SHARP, SHARP), (USUAL, "libvips"), (PILLOW, PILLOW),
                        (NGINX, "nginx")):
        factors = {}
        for found in results["quality"].values():
            for factor, judged in found.items():
                if name in judged and not factor.startswith("gray"):
                    factors.setdefault(float(factor), []).append(judged[name][0])
        series[title] = [(factor, sum(values) / len(values)) for factor, values in factors.items()]
    plot.write(folder / "quality.svg", "PSNR against a full decode and lanczos3", "factor",
               "dB", series, lowest=30)
