# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""The plots of docs/performance.md, from the figures of a run."""
import plot
from figures import NGINX, OURS, PILLOW, SHARP, USUAL


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
