# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""The arithmetic of the benchmark: means of ratios, how sure they are, and what they mean."""
import dataclasses
import math
import statistics

OURS, ALONE = "grisaille", "grisaille-scale alone"
USUAL, SHARP, PILLOW, NGINX = "libvips as usual", "sharp", "Pillow", "nginx image_filter"
REFERENCE = "the reference itself, at 80" # of quality

# Student's t for an interval of 95 %, by degrees of freedom from 1.
T95 = (12.71, 4.30, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26, 2.23, 2.20, 2.18, 2.16, 2.14, 2.13,
       2.12, 2.11, 2.10, 2.09, 2.09)
# A tenth must be noticed. What is measured lies around the truth, so the line is drawn halfway.
TENTH, LINE = 1.10, 1.05


def geometric_mean(values):
    return math.exp(statistics.fmean(map(math.log, values)))


@dataclasses.dataclass
class Ratio:
    """A geometric mean and where, with 95 %, it lies."""
    value: float
    low: float
    high: float


def ratio_of(samples):
    """The Ratio of samples of the same ratio, two or more."""
    logs = [math.log(sample) for sample in samples]
    middle = statistics.fmean(logs)
    student = T95[min(len(logs) - 1, len(T95)) - 1]
    margin = student * statistics.stdev(logs) / math.sqrt(len(logs))
    return Ratio(math.exp(middle), math.exp(middle - margin), math.exp(middle + margin))


def loss(ratio):
    """Of a Ratio of costs, new by old: True where it has risen, False where it has not risen by a
    tenth, None where the samples do not show it."""
    if ratio.low > 1 and ratio.value > LINE:
        return True
    return False if ratio.high < TENTH else None


def straightness(points):
    """Slope, intercept, and R squared of the least-squares line."""
    slope, intercept = statistics.linear_regression(*zip(*points))
    return slope, intercept, statistics.correlation(*zip(*points)) ** 2


def medians(samples):
    """Of each figure of several dictionaries with the same keys."""
    return {key: statistics.median(sample[key] for sample in samples) for key in samples[0]}
