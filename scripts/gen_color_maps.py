#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes src/plot/color_map_table.c: the two colour maps of the plots, computed in OKLab.

usage: scripts/gen_color_maps.py > src/plot/color_map_table.c

OKLab (Bjorn Ottosson, 2020) is a space where equal distances look alike. Lightness is linear along a map (along each arm of
the diverging one), so a step in value is the same step in grey on paper. Hue runs between the stops below; chroma is what the
stop asks for, or what sRGB can show at that lightness.
"""
import math

N = 257  # odd: the diverging map has a middle


def to_linear_rgb(lightness, chroma, hue):
    a, b = chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue))
    l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    s = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
            -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
            -0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s)


def gamma(x):
    return 12.92 * x if x <= 0.0031308 else 1.055 * x ** (1 / 2.4) - 0.055


def color(lightness, chroma, hue):
    """The colour with as much of the chroma as sRGB holds."""
    low, high = 0.0, chroma
    if all(0 <= x <= 1 for x in to_linear_rgb(lightness, chroma, hue)):
        low = chroma
    else:
        for _ in range(40):
            middle = (low + high) / 2
            if all(0 <= x <= 1 for x in to_linear_rgb(lightness, middle, hue)):
                low = middle
            else:
                high = middle
    return tuple(min(255, max(0, round(255 * gamma(x)))) for x in to_linear_rgb(lightness, low, hue))


def between(stops, t):
    """Cosine interpolation: no kink that the eye would take for an edge in the data."""
    place = t * (len(stops) - 1)
    i = min(int(place), len(stops) - 2)
    weight = (1 - math.cos(math.pi * (place - i))) / 2
    return stops[i] * (1 - weight) + stops[i + 1] * weight


def arm(t, hues, chromas):
    return color(0.975 - t * (0.975 - 0.37), between(chromas, t), between(hues, t))


def diverging():
    """Blue and red: the pair that the common kinds of colour blindness keep apart."""
    half = N // 2
    blue = [arm(i / half, [225, 248, 262], [0.0, 0.115, 0.135]) for i in range(half, 0, -1)]
    red = [arm(i / half, [62, 38, 25], [0.0, 0.14, 0.135]) for i in range(half + 1)]
    return blue + red


def sequential():
    """White over green and blue to a dark violet: little ink for little weight."""
    hues, chromas = [110, 165, 225, 275, 300], [0.004, 0.085, 0.105, 0.13, 0.11]
    return [color(0.985 - i / (N - 1) * (0.985 - 0.24), between(chromas, i / (N - 1)), between(hues, i / (N - 1)))
            for i in range(N)]


def main():
    print('/* SPDX-License-Identifier: MIT */')
    print('/* Made by scripts/gen_color_maps.py; do not edit. */')
    print('#include "plot/colors.h"')
    for name, rows in (('diverging', diverging()), ('sequential', sequential())):
        print(f'\nconst unsigned char pwi_map_{name}[PWI_MAP_SIZE][3] = {{')
        for i in range(0, N, 8):
            print('    ' + ' '.join('{%d, %d, %d},' % row for row in rows[i:i + 8]))
        print('};')


if __name__ == '__main__':
    main()
