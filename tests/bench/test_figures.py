# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""The benchmark's own arithmetic: a wrong mean would be believed."""
import math
import random

import pytest

import instructions
from figures import Ratio, geometric_mean, loss, medians, ratio_of, straightness


def test_geometric_mean():
    """Twice as fast and half as fast is as fast."""
    assert geometric_mean([2, 0.5]) == pytest.approx(1)
    assert geometric_mean([1, 10, 100]) == pytest.approx(10)
    assert geometric_mean(iter([3])) == pytest.approx(3)


def test_interval_by_hand():
    """Logs -1, 0, 1: mean 0, deviation 1, t of two degrees 4.30."""
    ratio = ratio_of([math.exp(-1), 1, math.exp(1)])
    assert ratio.value == pytest.approx(1)
    assert ratio.high == pytest.approx(math.exp(4.30 / math.sqrt(3)))
    assert ratio.low == pytest.approx(1 / ratio.high)


def test_interval_of_the_same_is_a_point():
    ratio = ratio_of([1.2] * 30)
    assert (ratio.low, ratio.value, ratio.high) == pytest.approx((1.2, 1.2, 1.2))


def test_interval_holds_the_truth():
    """In about 95 of 100 series."""
    source = random.Random(1)
    held = 0
    for _ in range(1000):
        ratio = ratio_of([math.exp(source.gauss(0.1, 0.05)) for _ in range(5)])
        held += ratio.low <= math.exp(0.1) <= ratio.high
    assert 930 <= held <= 970


@pytest.mark.parametrize("ratio, expected", [
    (Ratio(1.10, 1.07, 1.13), True), # a tenth, clearly
    (Ratio(1.08, 1.01, 1.15), True),
    (Ratio(1.00, 0.98, 1.02), False),
    (Ratio(0.80, 0.70, 0.91), False), # a gain
    (Ratio(1.03, 1.01, 1.05), False), # lost, but not a tenth
    (Ratio(1.04, 0.95, 1.14), None), # may be
    (Ratio(1.10, 0.99, 1.22), None),
])
def test_loss(ratio, expected):
    assert loss(ratio) is expected


def test_a_tenth_is_noticed_and_noise_is_not():
    """Twenty rounds that each err by three in a hundred."""
    source = random.Random(2)

    def verdict(truth):
        return loss(ratio_of([truth * math.exp(source.gauss(0, 0.03)) for _ in range(20)]))

    assert all(verdict(1.10) is True for _ in range(200))
    assert all(verdict(1.00) is False for _ in range(200))


ANNOTATED = """
Ir         
62,069,866  PROGRAM TOTALS

Ir          file:function
40,000,000  build/../../lib/image/jpeg/entropy.h:read_mcu_row.arch_x86_64_v3
 8,000,000  build/../../lib/image/jpeg/entropy.h:write_row.arch_x86_64_v3
 6,000,000  build/../../lib/image/jpeg/luma_baseline.c:read_mcu_row.arch_x86_64_v3 [/b/image_cli]
 4,000,000  /usr/lib/gcc/emmintrin.h:idct_block
 3,000,000  ???:0x000000000004eaa0 [/usr/lib/x86_64-linux-gnu/libjpeg.so.62.3.0]
 1,000,000  ???:0x000000000004e6c0 [/usr/lib/x86_64-linux-gnu/libjpeg.so.62.3.0]
    69,866  ./string/memchr-avx2.S:__memchr_avx2 [/usr/lib/x86_64-linux-gnu/libc.so.6]
"""


def test_callgrind_by_function():
    """A function's inlined parts are one, a library without symbols is one."""
    assert instructions.parse(ANNOTATED) == {
        ("entropy decoding", "read_mcu_row"): 46_000_000,
        ("encode", "write_row"): 8_000_000,
        ("IDCT", "idct_block"): 4_000_000,
        ("encode", "libjpeg"): 4_000_000,
        ("the rest", "__memchr_avx2"): 69_866,
    }


def test_straightness():
    slope, intercept, r2 = straightness([(1, 5), (2, 7), (4, 11)])
    assert (slope, intercept, r2) == pytest.approx((2, 3, 1))
    assert straightness([(1, 1), (2, 5), (3, 1)])[2] == pytest.approx(0)


def test_medians():
    """Figure by figure; one bad round of three does not count."""
    assert medians([{"a": 1, "b": 9}, {"a": 100, "b": 8}, {"a": 2, "b": 7}]) == {"a": 2, "b": 8}
