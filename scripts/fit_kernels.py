#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Coefficients of src/kernels/x86/math_avx2.h, and their errors. Needs mpmath (pip install mpmath).

exp:  exp(r) = 1 + r + r^2 Q(r) for |r| <= ln 2 / 2, the least largest relative error (Remez).
gelu: Phi(-a) exp(a^2 / 2) = t P(t - 1/2), t = 1 / (1 + slope a), 0 <= a <= 15; least squares in the relative
      error, one coefficient after the other rounded to f32 and the rest fitted again, so that the rounded
      polynomial is as good as the exact one nearly everywhere.
"""
import struct

import mpmath as mp

mp.mp.dps = 50


def f32(x):
    return mp.mpf(struct.unpack("f", struct.pack("f", float(x)))[0])


def value(coefficients, x):
    return sum(c * x**j for j, c in enumerate(coefficients))


def remez(f, weight, low, high, n_coefficients):
    """Polynomial with the least max |weight (p - f)|, and that maximum."""
    n = n_coefficients
    points = [(low + high) / 2 - (high - low) / 2 * mp.cos(mp.pi * i / n) for i in range(n + 1)]
    grid = [(low + high) / 2 - (high - low) / 2 * mp.cos(mp.pi * i / (60 * n)) for i in range(60 * n + 1)]
    for _ in range(20):
        a, b = mp.matrix(n + 1, n + 1), mp.matrix(n + 1, 1)
        for i, x in enumerate(points):
            for j in range(n):
                a[i, j] = x**j * weight(x)
            a[i, n] = (-1) ** i
            b[i] = f(x) * weight(x)
        solution = mp.lu_solve(a, b)
        p = [solution[j] for j in range(n)]
        errors = [weight(x) * (value(p, x) - f(x)) for x in grid]
        extrema = [0]
        for i in range(1, len(grid)):
            if mp.sign(errors[i]) != mp.sign(errors[extrema[-1]]):
                extrema.append(i)
            elif abs(errors[i]) > abs(errors[extrema[-1]]):
                extrema[-1] = i
        worst = max(abs(e) for e in errors)
        while len(extrema) > n + 1:
            extrema.pop(0 if abs(errors[extrema[0]]) < abs(errors[extrema[-1]]) else -1)
        if len(extrema) <= n or worst < abs(solution[n]) * mp.mpf("1.001"):
            break
        points = [grid[i] for i in extrema]
    return p, worst


def least_squares(points, targets, fixed, n_coefficients):
    """The free coefficients behind the fixed ones, in relative error."""
    n, known = n_coefficients - len(fixed), len(fixed)
    a, b = mp.matrix(n, n), mp.matrix(n, 1)
    for x, y in zip(points, targets):
        rest = y - value(fixed, x)
        for i in range(n):
            b[i] += x ** (known + i) * rest / y**2
            for j in range(n):
                a[i, j] += x ** (2 * known + i + j) / y**2
    return list(mp.lu_solve(a, b))


def report(name, coefficients, worst):
    print(f"{name}: largest relative error {mp.nstr(worst * 2**24, 3)} * 2^-24")
    for j, c in enumerate(coefficients):
        print(f"  x^{j}: {float(c).hex()}f  {mp.nstr(c, 10)}")


def fit_exp():
    half = mp.log(2) / 2 * mp.mpf("1.001")
    tail = lambda r: (mp.exp(r) - 1 - r) / r**2 if abs(r) > 1e-8 else mp.mpf(1) / 2 + r / 6
    q, worst = remez(tail, lambda r: r**2 / mp.exp(r) + mp.mpf("1e-30"), -half, half, 5)
    report("exp, Q", q, worst)


def fit_gelu():
    slope = f32("0.3")
    scaled = lambda a: mp.erfc(a / mp.sqrt(2)) / 2 * mp.exp(a * a / 2)
    low = 1 / (1 + slope * 15)
    ts = [(1 + low) / 2 - (1 - low) / 2 * mp.cos(mp.pi * i / 200) for i in range(201)]
    targets = [scaled((1 / t - 1) / slope) / t for t in ts]
    points = [t - mp.mpf(1) / 2 for t in ts]
    p = []
    while len(p) < 10:
        p.append(f32(least_squares(points, targets, p, 10)[0]))
    report("gelu, P", p, max(abs(value(p, x) / y - 1) for x, y in zip(points, targets)))


fit_exp()
fit_gelu()
