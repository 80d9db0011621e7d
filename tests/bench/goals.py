# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""What should be reached, and what a run has: one row a goal, by CPU for an image, which is what
can be measured well, and by requests a second at four connections."""
import dataclasses
import math
import statistics

from figures import ALONE, NGINX, OURS, PILLOW, SHARP, USUAL, geometric_mean, straightness

AT = "4" # connections
PEERS = (SHARP, USUAL, PILLOW, NGINX)


@dataclasses.dataclass
class Goal:
    what: str
    target: float
    cpu: float = None
    rate: float = None
    unit: str = "x"
    most: bool = False # the target is the most allowed, not the least
    digits: int = 2
    possible: float = math.inf # more than this is no merit but a disturbed measurement

    def reached(self, value):
        """What its cell says."""
        if value > self.possible:
            return "disturbed"
        shown = round(value, self.digits) # a worst of -0.001 dB, shown as 0, is no worse
        good = shown <= self.target if self.most else shown >= self.target
        return "yes" if good else "**no**"

    def verdict(self):
        reached = {name: self.reached(value) for name, value in
                (("CPU", self.cpu), ("requests/s", self.rate)) if value is not None}
        words = list(reached.values())
        return words[0] if len(set(words)) == 1 else ", ".join(map(" ".join, reached.items()))

    def cells(self):
        sign = "<=" if self.most else ">="
        return [self.what, f"{sign} {self.target:g}{self.unit}",
                *("" if value is None else f"{value:.{self.digits}f}{self.unit}"
                  for value in (self.cpu, self.rate)), self.verdict()]


def cpu_ratios(section, other, keep=lambda path: True):
    """CPU of the other by ours, image by image."""
    return [section[other][path]["cpu_ms"] / figures["cpu_ms"]
            for path, figures in section[OURS].items() if keep(path)]


def rate_ratio(section, operation, other):
    """Requests/s of ours by the other's; None where it was not measured, or nothing answered."""
    if operation not in section:
        return None
    ours, theirs = (section[operation][name][AT]["per_second"] for name in (OURS, other))
    return ours / theirs if theirs > 0 else None


def against_sharp(results):
    cpu, rates = results["cpu"]["photographs"], results["throughput"]["few"]
    for operation, mean, worst in (("gray", 5, 2), ("0.5", 3.8, 1.3), ("0.25", 2.4, None),
                                   ("0.3", 2, None), ("0.125", 2, None)):
        ratios = cpu_ratios(cpu[operation], SHARP)
        yield Goal(f"{operation} JPEG against sharp, mean", mean, geometric_mean(ratios),
                   rate_ratio(rates, operation, SHARP))
        if worst:
            yield Goal(f"{operation} JPEG against sharp, worst", worst, min(ratios))


def against_others(results):
    cpu, rates = results["cpu"]["few"], results["throughput"]["few"]
    yield Goal("0.5 JPEG against libvips as usual, mean", 4,
               geometric_mean(cpu_ratios(cpu["0.5"], USUAL)), rate_ratio(rates, "0.5", USUAL))
    for name, operations in ((NGINX, ("0.5", "0.25")), (PILLOW, ("gray", "0.5", "0.25"))):
        ratios = [ratio for operation in operations for ratio in cpu_ratios(cpu[operation], name)]
        measured = [rate_ratio(rates, operation, name) for operation in operations
                    if name in rates.get(operation, ())]
        yield Goal(f"{', '.join(operations)} JPEG against {name}, mean", 4, geometric_mean(ratios),
                   None if None in measured else geometric_mean(measured))


def progressive(results):
    cpu, rates = results["cpu"]["photographs"], results["throughput"]["progressive"]
    for operation, least in (("gray", 3.5), ("0.25", 2.5), ("0.125", 3)):
        ratios = cpu_ratios(cpu[operation], SHARP,
                            lambda path: results["images"][path]["progressive"])
        yield Goal(f"{operation} progressive JPEG against sharp, mean", least,
                   geometric_mean(ratios), rate_ratio(rates, operation, SHARP))


def formats(results):
    for kind, name, least in (("png", "PNG", 1.2), ("webp", "WebP", 1.0),
                              ("webp lossless", "lossless WebP", 1.0)):
        for operation in ("gray", "0.5", "0.25"):
            yield Goal(f"{operation} {name} against sharp, mean", least,
                       geometric_mean(cpu_ratios(results["cpu"][kind][operation], SHARP)),
                       rate_ratio(results["throughput"][kind], operation, SHARP))


def jobs(results):
    """Every job is at least as quick as sharp's."""
    for title, section in results["jobs"].items():
        if SHARP in section:
            yield Goal(f"{title}, against sharp, mean", 1, geometric_mean(cpu_ratios(section, SHARP)))


def shares(results):
    for title, share in results["shares"].items():
        kind, operation, name = title.split(", ")
        through = {OURS: "" if operation == "gray" else ", two servers", ALONE: ", one server"}
        yield Goal(f"share of the limit, {kind}, {operation}{through[name]}",
                   0.93 if kind == "photographs" else 0.75, share["cpu"], share["requests"], "",
                   possible=1.1)


def connections(results):
    for kind, operations in results["connections"].items():
        for operation, section in operations.items():
            rates = {count: figures["per_second"] for count, figures in section[OURS].items()}
            for count in ("64", "256"):
                yield Goal(f"{count} connections against 4, {kind}, {operation}", 0.95,
                           rate=rates[count] / rates[AT], unit="")


def factors(results):
    return [factor for factor in next(iter(results["quality"].values())) if "gray" not in factor]


def differences(results, peer, factor, which):
    """{path: ours less the peer's}, of PSNR (0) or SSIM (1)."""
    return {path: judged[factor][OURS][which] - judged[factor][peer][which]
            for path, judged in results["quality"].items()}


def quality(results):
    for peer in PEERS:
        for which, what, unit, digits in ((0, "PSNR", " dB", 2), (1, "SSIM", "", 4)):
            every = [differences(results, peer, factor, which) for factor in factors(results)]
            yield Goal(f"{what} beside {peer}, the worst mean of a factor", 0,
                       min(statistics.fmean(found.values()) for found in every), unit=unit,
                       digits=digits)
            yield Goal(f"{what} beside {peer}, the worst photograph", 0,
                       min(min(found.values()) for found in every), unit=unit, digits=digits)


def rest(results):
    figures = results["rest"]
    for what, target, key, unit in (
            ("PSS of the gateway at rest, without its children", 8, "gateway_mib", " MiB"),
            ("PSS of the whole system at rest", 80, "system_mib", " MiB"),
            ("from exec to the first answer", 150, "first_answer_ms", " ms")):
        yield Goal(what, target, figures[key], unit=unit, most=True)


def lines(results):
    """How straight CPU against megapixels is, where it can be: of a progressive JPEG the bytes
    count."""
    for operation, section in results["cpu"]["photographs"].items():
        points = [(results["images"][path]["megapixels"], figures["cpu_ms"])
                  for path, figures in section[OURS].items()
                  if not results["images"][path]["progressive"]]
        if operation in ("gray", "0.5", "0.25") and len(points) > 2:
            yield [f"CPU against megapixels, baseline JPEG, {operation}", "a straight line",
                   f"R² {straightness(points)[2]:.2f}", "", "see the plot"]


def rows(results):
    """Cells of the table: what, target, by CPU, by requests/s, reached."""
    groups = (against_sharp, against_others, progressive, formats, jobs, shares, connections, quality,
              rest)
    return [goal.cells() for group in groups for goal in group(results)] + list(lines(results))
