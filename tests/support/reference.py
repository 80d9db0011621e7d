# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""What /image's operations make of an image, written a second time: from docs/http.md, with NumPy and
Pillow, and not from the C code. Sizes and boxes are exact; pixels are floating point between operations.

Parameters are a dictionary of strings, as a query has them. Arrays are height x width x channels of 0 to
255, or 0 to 65535: gray, gray and alpha, RGB, or RGBA."""
import dataclasses
import math
from fractions import Fraction

import numpy
from PIL import Image

GRAVITIES = {
    "center": (Fraction(1, 2), Fraction(1, 2)), "north": (Fraction(1, 2), Fraction(0)),
    "northeast": (Fraction(1), Fraction(0)), "east": (Fraction(1), Fraction(1, 2)),
    "southeast": (Fraction(1), Fraction(1)), "south": (Fraction(1, 2), Fraction(1)),
    "southwest": (Fraction(0), Fraction(1)), "west": (Fraction(0), Fraction(1, 2)),
    "northwest": (Fraction(0), Fraction(0)),
}

# How a stored array becomes upright (CIPA DC-008, 4.6.5): EXIF's number says where row 0 and column 0 are.
UPRIGHT = {
    1: lambda a: a,
    2: lambda a: a[:, ::-1],                    # top, right
    3: lambda a: a[::-1, ::-1],                 # bottom, right
    4: lambda a: a[::-1],                       # bottom, left
    5: lambda a: a.swapaxes(0, 1),              # left, top
    6: lambda a: numpy.rot90(a, -1),            # right, top: to be turned clockwise
    7: lambda a: a[::-1, ::-1].swapaxes(0, 1), # right, bottom
    8: lambda a: numpy.rot90(a, 1),             # left, bottom
}


class BadParameter(ValueError):
    """The request is 400; the text is the parameter's name."""


@dataclasses.dataclass(frozen=True)
class Box:
    left: int
    top: int
    width: int
    height: int

    def of(self, array):
        return array[self.top:self.top + self.height, self.left:self.left + self.width]


@dataclasses.dataclass(frozen=True)
class Geometry:
    """Pairs are (width, height)."""
    upright: tuple # size of the source, turned as EXIF says
    crop: Box      # what is left of that
    resized: tuple # what the crop is resized to
    cut: Box       # what is left of that
    canvas: tuple  # what it is put on: the cut's size but for fit=pad
    place: tuple   # where: left, top
    size: tuple    # of the result: the canvas, with sides swapped by rotate


def half_up(value):
    """Rounds a Fraction to nearest, halves up."""
    return math.floor(value + Fraction(1, 2))


def side(value):
    return max(1, half_up(value))


def gravity_of(parameters):
    text = parameters.get("gravity", "center")
    if text in GRAVITIES:
        return GRAVITIES[text]
    x, y = text.split(",")
    return Fraction(x), Fraction(y)


def place(part, whole, gravity):
    return tuple(math.floor((outer - inner) * share)
                 for inner, outer, share in zip(part, whole, gravity))


def crop_box(size, parameters):
    """The box of the upright image that is left."""
    text = parameters.get("crop")
    if text is None:
        return Box(0, 0, *size)
    if text == "square":
        length = min(size)
        return Box(*place((length, length), size, gravity_of(parameters)), length, length)
    if text.startswith("pct:"):
        x, y, width, height = map(Fraction, text[len("pct:"):].split(","))
        spans = [percent_span(start, extent, length)
                 for start, extent, length in zip((x, y), (width, height), size)]
    else:
        x, y, width, height = map(int, text.split(","))
        spans = [(max(0, start), min(start + extent, length))
                 for start, extent, length in zip((x, y), (width, height), size)]
    if any(start >= end for start, end in spans):
        raise BadParameter("crop")
    (left, right), (top, bottom) = spans
    return Box(left, top, right - left, bottom - top)


def percent_span(start, extent, length):
    """At least one pixel, of the image too: 99.9 % of ten pixels is the last one."""
    if start >= 100 or start + extent <= 0:
        return length, length
    first = max(0, min(half_up(start * length / 100), length - 1))
    return first, max(first + 1, min(half_up((start + extent) * length / 100), length))


def fitted(size, box, fit, enlarge):
    """(the size to resize to, the size of the result) for a box of both sides."""
    factors = [Fraction(wanted, length) for wanted, length in zip(box, size)]
    if fit == "fill":
        result = box if enlarge else tuple(map(min, box, size))
        return result, result
    if fit == "cover":
        if not enlarge:
            available = min(1, *(Fraction(length, wanted) for wanted, length in zip(box, size)))
            box = tuple(side(wanted * available) for wanted in box)
        return by_factor(size, max(Fraction(wanted, length) for wanted, length in zip(box, size))), box
    factor = (max if fit == "outside" else min)(factors)
    resized = size if factor > 1 and not enlarge else by_factor(size, factor)
    return resized, box if fit == "pad" else resized


def by_factor(size, factor):
    return tuple(side(length * factor) for length in size)


def sizes(size, parameters):
    """(the size to resize to, the size that is left or padded to) of a cropped image."""
    width, height = (int(parameters[name]) if name in parameters else None
                     for name in ("width", "height"))
    enlarge = parameters.get("enlarge") == "true"
    if width and height:
        return fitted(size, (width, height), parameters.get("fit", "inside"), enlarge)
    if width or height:
        factor = Fraction(width, size[0]) if width else Fraction(height, size[1])
        resized = size if factor > 1 and not enlarge else by_factor(size, factor)
    elif "scale" in parameters:
        resized = by_factor(size, Fraction(parameters["scale"]))
    else:
        resized = size
    return resized, resized


def geometry(size, orientation, parameters):
    """Every size and box, of a stored image of that size. Raises BadParameter."""
    upright = size[::-1] if orientation >= 5 else size
    crop = crop_box(upright, parameters)
    resized, result = sizes((crop.width, crop.height), parameters)
    gravity = gravity_of(parameters)
    padded = parameters.get("fit") == "pad" and {"width", "height"} <= parameters.keys()
    cut = Box(0, 0, *resized) if padded else Box(*place(result, resized, gravity), *result)
    at = place(resized, result, gravity) if padded else (0, 0)
    turned = result[::-1] if parameters.get("rotate") in ("90", "270") else result
    return Geometry(upright, crop, resized, cut, result, at, turned)


# --- pixels: 0 to 1, alpha last where there is one -------------------------------------------------

def has_alpha(pixels):
    return pixels.shape[2] in (2, 4)


def split(pixels):
    """(colours, alpha), alpha 1 where there is none."""
    if has_alpha(pixels):
        return pixels[..., :-1], pixels[..., -1:]
    return pixels, numpy.ones((*pixels.shape[:2], 1))


def premultiplied(operation):
    """The operation on colours times alpha, which it is not to mix with invisible ones."""
    def apply(pixels, *arguments):
        if not has_alpha(pixels):
            return numpy.clip(operation(pixels, *arguments), 0, 1)
        colours, alpha = split(pixels)
        both = operation(numpy.concatenate([colours * alpha, alpha], axis=2), *arguments)
        colours, alpha = split(numpy.clip(both, 0, 1))
        colours = numpy.divide(colours, alpha, out=numpy.zeros_like(colours), where=alpha > 0)
        return numpy.concatenate([numpy.clip(colours, 0, 1), alpha], axis=2)
    return apply


@premultiplied
def resize(pixels, size):
    """Lanczos3, its weights renormalised at the edges."""
    planes = [Image.fromarray(plane.astype(numpy.float32)).resize(size, Image.LANCZOS)
              for plane in numpy.moveaxis(pixels, 2, 0)]
    return numpy.stack([numpy.asarray(plane, float) for plane in planes], axis=2)


def to_linear(values):
    """IEC 61966-2-1."""
    return numpy.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def to_encoded(values):
    return numpy.where(values <= 0.0031308, values * 12.92,
                       1.055 * numpy.maximum(values, 0) ** (1 / 2.4) - 0.055)


def on_colours(function, pixels):
    colours, alpha = split(pixels)
    changed = function(colours)
    return numpy.concatenate([changed, alpha], axis=2) if has_alpha(pixels) else changed


def resize_linear(pixels, size):
    return on_colours(to_encoded, resize(on_colours(to_linear, pixels), size))


def convolve(pixels, kernel):
    """A symmetric kernel, horizontally and vertically, over extended edges."""
    radius = len(kernel) // 2
    for axis in (0, 1):
        margins = [(radius, radius) if axis == each else (0, 0) for each in range(3)]
        wide = numpy.pad(pixels, margins, mode="edge")
        length = pixels.shape[axis]
        pixels = sum(weight * wide.take(range(at, at + length), axis)
                     for at, weight in enumerate(kernel))
    return pixels


@premultiplied
def blur(pixels, sigma):
    """Gaussian, to four sigma."""
    steps = numpy.arange(-math.ceil(4 * sigma), math.ceil(4 * sigma) + 1)
    kernel = numpy.exp(-steps ** 2 / (2 * sigma ** 2))
    return convolve(pixels, kernel / kernel.sum())


# sRGB to CIE XYZ (D65), and its white
XYZ = numpy.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
WHITE = XYZ.sum(axis=1)


def lab(colours):
    ratio = to_linear(colours) @ XYZ.T / WHITE
    cubes = numpy.where(ratio > 0.008856, numpy.cbrt(ratio), 7.787 * ratio + 16 / 116)
    x, y, z = numpy.moveaxis(cubes, 2, 0)
    return numpy.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=2)


def from_lab(values):
    lightness, a, b = numpy.moveaxis(values, 2, 0)
    y = (lightness + 16) / 116
    cubes = numpy.stack([y + a / 500, y, y - b / 200], axis=2)
    ratio = numpy.where(cubes > 0.206893, cubes ** 3, (cubes - 16 / 116) / 7.787)
    return numpy.clip(to_encoded(ratio * WHITE @ numpy.linalg.inv(XYZ).T), 0, 1)


def sharpen(pixels, sigma, flat=0.0, jagged=3.0, threshold=2.0, brighter=10.0, darker=20.0):
    """libvips' vips_sharpen() with its defaults: what differs from the blurred lightness of CIE L*a*b*,
    by more than the threshold, is added three times more, within bounds."""
    colours, alpha = split(pixels)
    values = lab(numpy.repeat(colours, 3, axis=2) if colours.shape[2] == 1 else colours)
    radius = 0 # vips_gaussmat(): up to the first weight below a tenth
    while math.exp(-radius ** 2 / (2 * sigma ** 2)) >= 0.1:
        radius += 1
    steps = numpy.arange(-radius + 1, radius)
    kernel = numpy.rint(20 * numpy.exp(-steps ** 2 / (2 * sigma ** 2)))
    difference = values[..., :1] - convolve(values[..., :1], kernel / kernel.sum())
    beyond = numpy.sign(difference) * numpy.maximum(numpy.abs(difference) - threshold, 0)
    added = numpy.clip(difference - beyond, -threshold, threshold) * flat + beyond * jagged
    values[..., :1] = numpy.clip(values[..., :1] + numpy.clip(added, -darker, brighter), 0, 100)
    changed = from_lab(values)[..., :colours.shape[2]]
    return numpy.concatenate([changed, alpha], axis=2) if has_alpha(pixels) else changed


def colour_of(parameters):
    """RGBA, 0 to 1."""
    text = parameters.get("background", "ffffff")
    return numpy.array([int(text[at:at + 2], 16) for at in range(0, len(text), 2)] +
                       [255] * (len(text) == 6)) / 255


def is_gray(pixels):
    return pixels.shape[2] <= 2


def as_rgb(pixels):
    colours, alpha = split(pixels)
    rgb = numpy.repeat(colours, 3, axis=2) if is_gray(pixels) else colours
    return numpy.concatenate([rgb, alpha], axis=2) if has_alpha(pixels) else rgb


def with_alpha(pixels):
    return pixels if has_alpha(pixels) else numpy.concatenate([pixels, split(pixels)[1]], axis=2)


def pad(pixels, canvas, at, colour, alpha_allowed):
    """On a canvas of that colour; its alpha counts if the result has alpha."""
    if not numpy.all(colour[:3] == colour[0]):
        pixels = as_rgb(pixels)
    if alpha_allowed and colour[3] < 1:
        pixels = with_alpha(pixels)
    shade = colour[:1] if is_gray(pixels) else colour[:3]
    if has_alpha(pixels):
        shade = numpy.append(shade, colour[3] if alpha_allowed else 1)
    whole = numpy.tile(shade, (canvas[1], canvas[0], 1))
    Box(*at, pixels.shape[1], pixels.shape[0]).of(whole)[...] = pixels
    return whole


def flatten(pixels, colour):
    """Over the background, which is opaque."""
    if not numpy.all(colour[:3] == colour[0]):
        pixels = as_rgb(pixels)
    colours, alpha = split(pixels)
    return colours * alpha + (colour[:1] if is_gray(pixels) else colour[:3]) * (1 - alpha)


def gray(pixels, kind):
    colours, alpha = split(pixels)
    if not is_gray(pixels):
        if kind == "luma": # Rec. 601, of the encoded values
            shade = colours @ [0.299, 0.587, 0.114]
        else: # CIE Y
            shade = to_encoded(to_linear(colours) @ XYZ[1])
        colours = shade[..., None]
    return numpy.concatenate([colours, alpha], axis=2) if has_alpha(pixels) else colours


def render(pixels, orientation, parameters, alpha_allowed=True):
    """(the result's pixels as floats of the source's range, its Geometry). `alpha_allowed`: whether the
    output format has transparency."""
    top = 65535 if pixels.dtype == numpy.uint16 else 255
    plan = geometry(pixels.shape[1::-1], orientation, parameters)
    colour = colour_of(parameters)
    result = plan.crop.of(UPRIGHT[orientation](pixels)) / top
    if plan.resized != (plan.crop.width, plan.crop.height):
        result = (resize_linear if parameters.get("linear") == "true" else resize)(result, plan.resized)
    result = plan.cut.of(result)
    if plan.canvas != (plan.cut.width, plan.cut.height):
        result = pad(result, plan.canvas, plan.place, colour, alpha_allowed)
    flip = parameters.get("flip", "")
    result = result[::-1 if "v" in flip else 1, ::-1 if "h" in flip else 1]
    result = numpy.rot90(result, -int(parameters.get("rotate", "0")) // 90)
    for name, operation in (("blur", blur), ("sharpen", sharpen)):
        if name in parameters:
            result = operation(result, float(parameters[name]))
    if has_alpha(result) and not alpha_allowed:
        result = flatten(result, colour)
    if parameters.get("gray", "none") != "none":
        result = gray(result, parameters["gray"])
    assert result.shape[1::-1] == plan.size
    return result * top, plan
