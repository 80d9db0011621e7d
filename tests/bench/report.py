# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""docs/performance.md, from the figures of a run."""
import collections
import json
import os
import pathlib
import platform
import statistics
import subprocess
import time

import charts
import goals
from figures import (ALONE, NGINX, OURS, PILLOW, REFERENCE, SHARP, USUAL, geometric_mean,
                     straightness)

PAGE = (pathlib.Path(__file__).parent / "page.md").read_text()
EVERYBODY = (OURS, ALONE, USUAL, SHARP, PILLOW, NGINX)
SHOWN = ("gray", "gray q80", "0.5", "0.25", "gray+0.25")


def table(heads, rows):
    lines = ["| " + " | ".join(heads) + " |", "| " + " | ".join("---" for _ in heads) + " |"]
    return "\n".join(lines + ["| " + " | ".join(map(str, row)) + " |" for row in rows])


def photograph_table(results):
    images, rows = results["images"], []
    for path, image in sorted(images.items(), key=lambda item: item[1]["megapixels"]):
        cells = [image["name"], f"{image['megapixels']:.1f}",
                 "yes" if image["progressive"] else ""]
        for section in results["cpu"]["photographs"].values():
            ours, sharp = section[OURS][path]["cpu_ms"], section[SHARP][path]["cpu_ms"]
            cells.append(f"{ours:.1f} / {sharp:.1f}")
        rows.append(cells)
    return table(["photograph", "MP", "progressive", *results["cpu"]["photographs"]], rows)


def kinds_table(results):
    """Geometric means and the worst against sharp, by kind of JPEG."""
    images, rows = results["images"], []

    def cell(section, keep=lambda path: True):
        values = goals.cpu_ratios(section, SHARP, keep)
        return f"{geometric_mean(values):.2f} ({min(values):.2f})" if values else ""

    for operation, section in results["cpu"]["photographs"].items():
        small = results["cpu"]["small"].get(operation)
        rows.append([operation, cell(section, lambda path: not images[path]["progressive"]),
                     cell(section, lambda path: images[path]["progressive"]),
                     cell(small) if small else ""])
    return table(["", "baseline", "progressive", "50 KB"], rows)


def mean_quality(results, operation, name):
    """Means over all photographs: PSNR and SSIM as cells."""
    found = [judged[operation][name] for judged in results["quality"].values()
             if name in judged.get(operation, ())]
    if not found:
        return ["", ""]
    decibels = [psnr for psnr, _ in found if psnr is not None]
    return [f"{statistics.fmean(decibels):.2f}" if len(decibels) == len(found) else "exact",
            f"{statistics.fmean(ssim for _, ssim in found):.4f}"]


def everybody_table(results):
    """CPU, bytes and quality of each, operation by operation."""
    rows = []
    for operation in SHOWN:
        section = results["cpu"]["few"][operation]
        for name in (name for name in EVERYBODY if name in section):
            judged = OURS if name == ALONE else name
            cost = geometric_mean(figures["cpu_ms"] for figures in section[name].values())
            share = statistics.median(figures["bytes"] / results["images"][path]["bytes"]
                                      for path, figures in section[name].items())
            rows.append([operation, name, f"{cost:.1f}",
                         f"{geometric_mean(goals.cpu_ratios(section, name)):.2f}x"
                         if OURS in section else "", f"{share * 100:.1f} %",
                         *mean_quality(results, operation, judged)])
    return table(["", "", "CPU, ms", "by ours", "bytes of the source's", "PSNR, dB", "SSIM"], rows)


def job_table(results):
    """CPU, bytes and quality of /image's jobs: means over the sources."""
    rows = []
    for title, section in results["jobs"].items():
        for name, figures in section.items():
            taken = list(figures.values())
            rows.append([title, name, f"{geometric_mean(one['cpu_ms'] for one in taken):.1f}",
                         f"{geometric_mean(goals.cpu_ratios(section, name)):.2f}x",
                         f"{statistics.fmean(one['bytes'] for one in taken) / 1000:.1f}",
                         f"{statistics.fmean(one['psnr'] for one in taken):.2f}",
                         f"{statistics.fmean(one['butteraugli'] for one in taken):.2f}"])
    return table(["", "", "CPU, ms", "by ours", "kB", "PSNR, dB", "Butteraugli"], rows)


def load_table(results):
    rows = []
    for operation, section in results["throughput"]["few"].items():
        for name, counted in section.items():
            figures = counted[goals.AT]
            rows.append([operation, name, f"{figures['per_second']:.1f}",
                         f"{figures['p50_ms']:.0f}", f"{figures['p99_ms']:.0f}",
                         f"{figures['pss_mib']:.0f}", f"{figures['errors']:.0f}"])
    return table(["", "", "requests/s", "p50, ms", "p99, ms", "peak PSS, MiB", "errors"], rows)


def connection_table(results):
    rows, counts = [], []
    for kind, operations in results["connections"].items():
        for operation, section in operations.items():
            counts = list(section[OURS])
            taken = section[OURS].values()
            rows.append([f"{kind}, {operation}", *(
                f"{one['per_second']:.0f} ({one['p50_ms']:.0f}, {one['p99_ms']:.0f})"
                for one in taken), f"{max(one['pss_mib'] for one in taken):.0f}",
                f"{sum(one['errors'] for one in taken):.0f}"])
    return table(["", *counts, "peak PSS, MiB", "errors"], rows)


def share_table(results):
    def cell(share, key):
        return f"{share[key]:.2f} ({share[key + '_low']:.2f} to {share[key + '_high']:.2f})"

    rows = [[title, f"{share['limit_per_second']:.1f}", f"{share['per_second']:.1f}",
             cell(share, "requests"), f"{share['limit_cpu_ms']:.2f}", f"{share['cpu_ms']:.2f}",
             cell(share, "cpu")] for title, share in results["shares"].items()]
    return table(["", "limit, images/s", "served", "share", "limit, CPU ms", "served", "share"],
                 rows)


def quality_table(results):
    """Ours beside each peer, over all photographs: mean and worst difference of PSNR, of SSIM."""
    rows = []
    for name in (*goals.PEERS, REFERENCE):
        for factor in goals.factors(results):
            decibels, similar = (goals.differences(results, name, factor, which)
                                 for which in (0, 1))
            worst = min(decibels, key=decibels.get)
            rows.append([name, factor, *(mean_quality(results, factor, who)[0]
                                         for who in (OURS, name)),
                         f"{statistics.fmean(decibels.values()):+.2f}",
                         f"{decibels[worst]:+.2f} ({results['images'][worst]['name']})",
                         f"{statistics.fmean(similar.values()):+.4f}",
                         f"{min(similar.values()):+.4f}"])
    return table(["peer", "factor", "ours, dB", "peer, dB", "difference, mean", "worst",
                  "SSIM, mean difference", "worst"], rows)


def fit_table(results):
    """How straight CPU is against megapixels and against bytes."""
    images, rows = results["images"], []
    for operation in ("gray", "0.5", "0.25"):
        section = results["cpu"]["photographs"][operation][OURS]
        for title, kind in (("baseline", False), ("progressive", True)):
            paths = [path for path in section if images[path]["progressive"] == kind]
            cells = [operation, title]
            for key, unit in (("megapixels", 1), ("bytes", 1e6)):
                points = [(images[path][key] / unit, section[path]["cpu_ms"]) for path in paths]
                if len(points) > 2:
                    slope, intercept, r2 = straightness(points)
                    cells.append(f"{slope:.1f} ms each {intercept:+.1f} ms, R² {r2:.2f}")
            rows.append(cells)
    return table(["", "", "CPU against megapixels", "against megabytes of the source"],
                 [cells for cells in rows if len(cells) == 4])


def instruction_table(results):
    """Shares of the stages of an image."""
    stages = ("entropy decoding", "IDCT", "resize", "encode", "the rest")
    rows = []
    for name, operations in results["instructions"].items():
        for operation, functions in operations.items():
            shares, total = collections.Counter(), sum(number for *_, number in functions)
            for stage, _, number in functions:
                shares[stage] += number / total
            rows.append([name, operation, f"{total / 1e6:.1f}",
                         *(f"{shares[stage] * 100:.1f} %" for stage in stages)])
    return table(["", "", "million instructions", *stages], rows)


def function_table(results):
    """The functions with a fiftieth of an image or more."""
    rows = []
    for name, operations in results["instructions"].items():
        for operation, functions in operations.items():
            total = sum(number for *_, number in functions)
            rows += [[f"{name}, {operation}", f"`{function}`", stage, f"{number / 1e6:.1f}",
                      f"{number / total * 100:.1f} %"] for stage, function, number in
                     sorted(functions, key=lambda row: -row[2]) if number >= total / 50]
    return table(["", "function", "stage", "million instructions", "share"], rows)


def machine(modules):
    """What it was measured on, and with."""
    model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo")
                  if line.startswith("model name")), platform.machine())

    def version(*command):
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    return {"date": time.strftime("%Y-%m-%d"), "machine": model, "cores": os.cpu_count(),
            "system": f"Linux {platform.release().split('-')[0]}",
            "vips": version("pkg-config", "--modversion", "vips"),
            "turbojpeg": version("pkg-config", "--modversion", "libturbojpeg"),
            "node": version("node", "--version"), "sharp": json.loads(
                (modules / "node_modules/sharp/package.json").read_text())["version"]}


def write(results, docs):
    images = results["images"].values()
    charts.write(results, docs / "performance")
    (docs / "performance.md").write_text(PAGE.format(
        **results["settings"], count=len(images),
        least=min(image["megapixels"] for image in images),
        most=max(image["megapixels"] for image in images),
        progressive=sum(image["progressive"] for image in images),
        few=len(next(iter(results["cpu"]["few"]["gray"].values()))),
        goals=table(["", "target", "measured, ratios by CPU", "by requests/s", "reached"],
                    goals.rows(results)),
        everybody=everybody_table(results), jobs=job_table(results), load=load_table(results), shares=share_table(results),
        connections=connection_table(results), kinds=kinds_table(results),
        photographs=photograph_table(results), fits=fit_table(results),
        quality=quality_table(results), stages=instruction_table(results),
        functions=function_table(results)))
