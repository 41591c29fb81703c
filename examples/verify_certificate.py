#!/usr/bin/env python3
"""verify_certificate.py CERTIFICATE: is what a certificate of `gradproof prove` says true? By other code: Python with NumPy and
mpmath, or python-flint where that is installed, and nothing of gradproof.

It checks the seals, the digests and the Merkle tree, evaluates the function on intervals, differentiates it in forward mode (a
parameter after another; gradproof goes backward), and checks that its intervals meet those of the certificate, and that g is
within the tolerance, or outside of it, of every number of its own interval, as the certificate says.

Intervals are a midpoint and a radius in float64. Each operation adds to the radius what rounding may have done, by the bounds of
the standard model of floating-point arithmetic: one operation is off by u = 2^-53 of its result, a sum of n products in any order by
n u / (1 - n u) times the sum of their sizes (Higham, Accuracy and Stability of Numerical Algorithms, section 3.1). Radii are
computed in float64 too: INFLATE and TINY are above what that may lose. Exponentials, logarithms and erf are evaluated with 128
bits by interval arithmetic (mpmath.iv, Arb) and rounded outwards. Comparisons with the tolerance are of fractions.

Schema gradproof.certificate/1: docs/certificates.md. Exit codes: 0 confirmed, 1 contradicted, 2 not decided, 3 damaged, 64 usage."""
import argparse
import base64
import hashlib
import json
import math
import random
import sys
from fractions import Fraction

import numpy as np

try:
    import flint
except ImportError:
    flint = None
    from mpmath import iv

BITS = 128
U = 2.0**-53
TINY = 1e-300  # far above all that underflow may lose
SAMPLE = 256   # entries of functions whose entries aren't all in their certificate
CHUNK = 64     # directions at a time


class Damaged(Exception):
    pass


class Contradicted(Exception):
    pass


# ---- the certificate as a text ------------------------------------------------------------------


def without_doubles(pairs):
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Damaged("a field is there twice: " + ", ".join(sorted({k for k, _ in pairs if [p[0] for p in pairs].count(k) > 1})))
    return found


def canonical(value):
    """JSON without white space, keys in the order of their bytes."""
    if isinstance(value, dict):
        items = sorted(value.items(), key=lambda item: item[0].encode())
        return "{" + ",".join(canonical(k) + ":" + canonical(v) for k, v in items) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(canonical, value)) + "]"
    if isinstance(value, str):
        short = {"\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", '"': '\\"', "\\": "\\\\"}
        return '"' + "".join(short.get(c, c if c >= " " else f"\\u{ord(c):04X}") for c in value) + '"'
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int):
        return str(value)
    raise Damaged(f"{value!r}: certificates have no reals")


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).hexdigest()


def check_seals(certificate):
    parts = {}
    for name, part in certificate.items():
        if name in ("seals", "seal"):
            continue
        inner = part.items() if isinstance(part, dict) and part else [(None, part)]
        parts.update({name if key is None else f"{name}.{key}": value for key, value in inner})
    seals = certificate["seals"]
    if sha256(b"\n", canonical(seals).encode()) != certificate["seal"]:
        raise Damaged("seal: isn't the SHA-256 of the seals")
    if seals.keys() != parts.keys():
        raise Damaged(f"seals: not one for each part: {sorted(seals.keys() ^ parts.keys())}")
    for path, value in parts.items():
        if sha256(path.encode(), b"\n", canonical(value).encode()) != seals[path]:
            raise Damaged(f"{path}: isn't as it was sealed")


def numbers_of(certificate, name):
    numbers = certificate["numbers"][name]
    if numbers["base64"] is None:
        return None
    raw = base64.b64decode(numbers["base64"], validate=True)
    if sha256(raw) != numbers["sha256"] or len(raw) != 8 * numbers["count"]:
        raise Damaged(f"numbers.{name}: its sha256 or count isn't that of its numbers")
    return np.frombuffer(raw, dtype="<f8")


def leaf(index, text):
    return hashlib.sha256(b"\0" + f"{index} {text}".encode()).digest()


def node(left, right):
    return hashlib.sha256(b"\1" + left + right).digest()


def check_tree(entries):
    """The list's root, from all its entries and from each of the widest."""
    root, count = entries["merkle"], entries["count"]
    if entries["entries"] is not None:
        level = [leaf(i, text) for i, text in enumerate(entries["entries"])]
        if len(level) != count:
            raise Damaged("result.list.count: isn't the number of entries")
        while len(level) > 1:
            level = [node(*level[i:i + 2]) if i + 1 < len(level) else level[i] for i in range(0, len(level), 2)]
        if level[0].hex() != root:
            raise Damaged("result.list.merkle: isn't the root of its entries")
    for k, one in enumerate(entries["widest"]):
        at, i, nodes, beside = leaf(one["index"], one["entry"]), one["index"], count, list(map(bytes.fromhex, one["beside"]))
        while nodes > 1:
            if i ^ 1 < nodes:
                if not beside:
                    raise Damaged(f"result.list.widest[{k}]: its way is too short")
                other = beside.pop(0)
                at = node(other, at) if i & 1 else node(at, other)
            i, nodes = i // 2, (nodes + 1) // 2
        if beside or at.hex() != root:
            raise Damaged(f"result.list.widest[{k}]: its way doesn't lead to the root")


# ---- intervals: a midpoint and a radius ------------------------------------------------------------


class Box:
    """Arrays of intervals [mid - rad, mid + rad]."""

    def __init__(self, mid, rad=None):
        self.mid = np.asarray(mid, dtype=np.float64)
        self.rad = np.zeros_like(self.mid) if rad is None else rad

    def is_zero(self):
        """Which are exactly 0: what follows from that is exact as well."""
        return (self.mid == 0) & (self.rad == 0)

    def __add__(self, other):
        mid = self.mid + other.mid
        rad = (self.rad + other.rad + U * abs(mid)) * (1 + 8 * U) + TINY
        return Box(mid, np.where(self.is_zero(), other.rad, np.where(other.is_zero(), self.rad, rad)))

    def __mul__(self, other):
        mid = self.mid * other.mid
        rad = abs(self.mid) * other.rad + abs(other.mid) * self.rad + self.rad * other.rad + U * abs(mid)
        return Box(mid, np.where(self.is_zero() | other.is_zero(), 0, rad * (1 + 16 * U) + TINY))

    def times(self, matrix):
        """The product of the last axis with a matrix of exact numbers, (v, u)."""
        n = matrix.shape[0] + 8
        size = abs(matrix)
        mid = self.mid @ matrix
        # 2 n u is above n u / (1 - n u), and leaves room for what the sum of sizes lost itself
        rad = (2 * n * U * (abs(self.mid) @ size) + self.rad @ size) * (1 + 4 * n * U) + n * TINY
        products = (~self.is_zero()).astype(np.float64) @ (matrix != 0).astype(np.float64)
        return Box(mid, np.where(products == 0, 0, rad))

    def at(self, index):
        return Box(self.mid[index], self.rad[index])

    def finite(self):
        return bool(np.isfinite(self.mid).all() and np.isfinite(self.rad).all())

    def interval(self, index):
        mid, rad = Fraction(float(self.mid[index])), Fraction(float(self.rad[index]))
        return mid - rad, mid + rad


def outwards(low, high):
    """Numbers that were rounded to the nearest double, as a midpoint and a radius around all between them."""
    low, high = math.nextafter(low, -math.inf), math.nextafter(high, math.inf)
    mid = low / 2 + high / 2
    return mid, math.nextafter(max(high - mid, mid - low), math.inf) * (1 + 4 * U)


class ByMpmath:
    """Elementary functions by mpmath.iv; erf, which that doesn't have, by its series."""

    name = "mpmath"

    def __init__(self):
        iv.prec = BITS

    @staticmethod
    def enter(mid, rad):
        return iv.mpf(mid) + iv.mpf([-rad, rad])

    @staticmethod
    def leave(x):
        return outwards(float(x.a), float(x.b))

    @staticmethod
    def exp(x):
        return iv.exp(x)

    @staticmethod
    def normal(x):
        """Phi(x) = 1/2 + x / sqrt(2 pi) e^(-x^2/2) sum_k x^2k / (2k+1)!!: terms of one sign, and once two of them are in a
        ratio of at most 1/2, the rest is no more than the last one."""
        square = x * x
        term = total = iv.mpf(1)
        k = 0
        while True:
            k += 1
            term = term * square / (2 * k + 1)
            total += term
            if square.b <= k and term.b < iv.mpf(2) ** -BITS:
                break
        total += term * iv.mpf([0, 1])
        return iv.mpf(0.5) + x * iv.exp(-square / 2) * total / iv.sqrt(2 * iv.pi)

    @staticmethod
    def density(x):
        return iv.exp(-(x * x) / 2) / iv.sqrt(2 * iv.pi)

    @staticmethod
    def square(x):
        return x * x


class ByFlint:
    """The same by Arb."""

    name = "python-flint"

    def __init__(self):
        flint.ctx.prec = BITS

    @staticmethod
    def enter(mid, rad):
        return flint.arb(mid, rad)

    @staticmethod
    def leave(x):
        return outwards(float(x.lower()), float(x.upper()))

    @staticmethod
    def exp(x):
        return x.exp()

    @staticmethod
    def normal(x):
        return (-x / flint.arb(2).sqrt()).erfc() / 2

    @staticmethod
    def density(x):
        return (-(x * x) / 2).exp() / (2 * flint.arb.pi()).sqrt()

    @staticmethod
    def square(x):
        return x * x


def apply(arithmetic, functions, x):
    """Boxes of the functions' values at each interval of x."""
    flat_mid, flat_rad = x.mid.ravel(), x.rad.ravel()
    out = np.empty((len(functions), 2, flat_mid.size))
    for i in range(flat_mid.size):
        number = arithmetic.enter(float(flat_mid[i]), float(flat_rad[i]))
        for k, f in enumerate(functions):
            out[k, :, i] = arithmetic.leave(f(number))
    return [Box(mid.reshape(x.mid.shape), rad.reshape(x.mid.shape)) for mid, rad in out]


# ---- the function ------------------------------------------------------------------------------


def bent(leak):
    """A unit that bends at 0, and its slope: all of [leak, 1] where a number may be on either side, and leak + share (1 - leak) where
    it is exactly 0 and a share is asked for."""
    def unit(_, z, share):
        right, left = z.mid > z.rad, z.mid < -z.rad
        slope = np.where(right, 1.0, np.where(left, leak, (1 + leak) / 2))
        spread = np.where(right | left, 0.0, (1 - leak) / 2 * (1 + 4 * U))
        if share is not None:
            slope = np.where(z.is_zero(), leak + share * (1 - leak), slope)
            spread = np.where(z.is_zero(), 4 * U, spread)
        # f(z) = slope z on either side; in between it is within [leak, 1] times z as well
        return z * Box(slope, spread), Box(slope, spread)
    return unit


def smooth(value, slope):
    return lambda a, z, _: apply(a, [lambda x: value(a, x), lambda x: slope(a, x)], z)


def sigmoid(a, x):
    return 1 / (1 + a.exp(-x))


UNITS = {"linear": lambda _, z, share: (z, Box(np.ones_like(z.mid))), "relu": bent(0.0), "leaky-relu": bent(0.01),
         "tanh": smooth(lambda a, x: 1 - 2 / (1 + a.exp(2 * x)), lambda a, x: 4 / a.square(a.exp(x) + a.exp(-x))),
         "sigmoid": smooth(sigmoid, lambda a, x: 1 / ((1 + a.exp(-x)) * (1 + a.exp(x)))),
         "gelu": smooth(lambda a, x: x * a.normal(x), lambda a, x: a.normal(x) + x * a.density(x))}


def slopes_of_losses(arithmetic, function, z, labels):
    """dloss/dz, rows x outputs, of each row's own loss."""
    rows, outputs = z.mid.shape
    exact = lambda v: arithmetic.enter(float(v), 0.0)
    weight = lambda y: exact(1) + (exact(float.fromhex(function["positive_weight"]) or 1) - exact(1)) * exact(y)
    loss, mid, rad = function["loss"], np.empty((rows, outputs)), np.empty((rows, outputs))
    for r in range(rows):
        x = [arithmetic.enter(float(z.mid[r, k]), float(z.rad[r, k])) for k in range(outputs)]
        y = labels.reshape(rows, -1)[r]
        if loss == "softmax":
            # w log sum_k e^(z_k - z_c)
            c = int(y[0])
            powers = [arithmetic.exp(v - x[c]) if k != c else exact(1) for k, v in enumerate(x)]
            total = sum(powers[1:], powers[0])
            slopes = [p / total - (1 if k == c else 0) for k, p in enumerate(powers)]
            factors = [weight(c if outputs == 2 else 0)] * outputs
        elif loss == "squared":
            slopes = [v - exact(y[k]) for k, v in enumerate(x)]
            factors = [exact(1)] * outputs
        else:
            # w (-y log s(z) - (1 - y) log(1 - s(z))), whichever way that is written
            slopes = [sigmoid(arithmetic, v) - exact(y[k]) for k, v in enumerate(x)]
            factors = [weight(y[k]) for k in range(outputs)]
        for k in range(outputs):
            mid[r, k], rad[r, k] = arithmetic.leave(slopes[k] * factors[k])
    return Box(mid, rad)


class Network:
    """The forward pass on intervals, and its derivative along one parameter after another."""

    def __init__(self, arithmetic, function, theta, data, labels, share):
        self.rows, widths = function["rows"], [function["inputs"], *function["units"]]
        self.places, self.W, self.b, at = [], [], [], 0  # places: (layer, unit, input) of each parameter; input None: a bias
        for l, (v, u) in enumerate(zip(widths, widths[1:])):
            self.W.append(theta[at:at + u * v].reshape(u, v))
            self.b.append(theta[at + u * v:at + u * v + u])
            self.places += [(l, i, j) for i in range(u) for j in range(v)] + [(l, i, None) for i in range(u)]
            at += u * (v + 1)
        if at != theta.size or data.size != self.rows * widths[0]:
            raise Damaged("numbers: not as many as the function has")
        self.l2 = float.fromhex(function["l2"])
        self.activations, self.slopes = [Box(data.reshape(self.rows, -1))], []
        for l, (W, b) in enumerate(zip(self.W, self.b)):
            z = self.activations[-1].times(W.T) + Box(np.broadcast_to(b, (self.rows, b.size)))
            if l + 1 == len(self.W):
                self.losses = slopes_of_losses(arithmetic, function, z, labels)
                break
            a, slope = UNITS[function["hidden"]](arithmetic, z, share)
            self.activations.append(a)
            self.slopes.append(slope)

    def finish(self, l, d):
        """From dZ of layer l, (directions, rows, units), to dJ."""
        for k in range(l, len(self.W) - 1):
            d = (d * self.slopes[k]).times(self.W[k + 1].T)
        each = d * self.losses
        total = Box(each.mid.reshape(len(each.mid), -1), each.rad.reshape(len(each.mid), -1)).times(
            np.ones((each.mid[0].size, 1))).at((slice(None), 0))
        mid = total.mid / self.rows
        return Box(mid, (total.rad / self.rows + U * abs(mid)) * (1 + 8 * U) + TINY)

    def along(self, parameters):
        """The derivative of J along each of these parameters, all of one layer."""
        l = self.places[parameters[0]][0]
        units = np.array([self.places[p][1] for p in parameters])
        below = self.activations[l]
        # dZ[r, i] = A[r, j] for W[i][j], 1 for b[i], and 0 for other units
        ways = [None if self.places[p][2] is None else below.at((slice(None), self.places[p][2])) for p in parameters]
        d = Box(np.array([np.ones(self.rows) if w is None else w.mid for w in ways]),
                np.array([np.zeros(self.rows) if w is None else w.rad for w in ways]))
        if l + 1 == len(self.W):
            loss = self.losses.at((slice(None), units))
            each = d * Box(loss.mid.T, loss.rad.T)
            total = each.times(np.ones((self.rows, 1))).at((slice(None), 0))
            mid = total.mid / self.rows
            result = Box(mid, (total.rad / self.rows + U * abs(mid)) * (1 + 8 * U) + TINY)
        else:
            slope = self.slopes[l].at((slice(None), units))
            d = d * Box(slope.mid.T, slope.rad.T)
            onward = self.W[l + 1].T[units][:, None, :]  # what one unit alone adds to the next layer
            d = Box(d.mid[:, :, None], d.rad[:, :, None]) * Box(np.broadcast_to(onward, (len(units), self.rows, onward.shape[2])))
            result = self.finish(l + 1, d)
        if self.l2:
            weights = [0.0 if self.places[p][2] is None else self.W[l][self.places[p][1:]] for p in parameters]
            result = result + Box(np.array(weights)) * Box(np.full(len(weights), self.l2))
        return result


def derivatives(certificate, arithmetic, wanted, share):
    """{parameter: (low, high)} of those wanted."""
    function = certificate["function"]
    theta, data, labels = (numbers_of(certificate, name) for name in ("parameters", "data", "labels"))
    if function["kind"] == "line":  # J = theta x
        return {0: (Fraction(float(data[0])),) * 2}
    network = Network(arithmetic, function, theta, data, labels, share)
    found = {}
    for layer in range(len(network.W)):
        these = [p for p in wanted if network.places[p][0] == layer]
        for at in range(0, len(these), CHUNK):
            part = these[at:at + CHUNK]
            box = network.along(part)
            for k, p in enumerate(part):
                if np.isfinite(box.mid[k]) and np.isfinite(box.rad[k]):
                    found[p] = box.interval(k)
    return found


# ---- what the certificate says, and what is so -----------------------------------------------------


def verdict_of(g, low, high, rtol, atol):
    """Of g, whose derivative is in [low, high]: |g - d| <= rtol max(|g|, |d|) + atol?"""
    most, least = max(abs(g - low), abs(g - high)), 0 if low <= g <= high else min(abs(g - low), abs(g - high))
    smallest = 0 if low <= 0 <= high else min(abs(low), abs(high))
    if most <= rtol * max(abs(g), smallest) + atol:
        return "proven"
    return "disproven" if least > rtol * max(abs(g), abs(low), abs(high)) + atol else "open"


def real(text):
    return Fraction(float.fromhex(text))


def judge(certificate, intervals, wanted):
    """(confirmed, not decided): entries; raises Contradicted."""
    report, entries = certificate["result"]["report"], certificate["result"]["list"]
    stated = dict(enumerate(entries["entries"])) if entries["entries"] is not None else {}
    stated.update({one["index"]: one["entry"] for one in entries["widest"]})
    gradient, rtol = numbers_of(certificate, "gradient"), real(report["rtol"])
    undecided, at = 0, 0
    for block in report["blocks"]:
        size, counts = sum(block["entries"].values()), dict.fromkeys(("proven", "disproven", "open"), 0)
        for i in range(at, at + size):
            if i not in wanted:
                continue
            g = Fraction(float(gradient[i]))
            if i in stated:
                own_g, low, high = map(float.fromhex, stated[i].split(" "))
                if own_g != gradient[i]:
                    raise Contradicted(f"entry {i}: its g isn't that of numbers.gradient")
                if i in intervals and not (intervals[i][0] <= high and low <= intervals[i][1]):
                    raise Contradicted(f"entry {i}: [{low!r}, {high!r}] doesn't meet "
                                       f"[{float(intervals[i][0])!r}, {float(intervals[i][1])!r}]")
            counts[verdict_of(g, *intervals[i], rtol, real(block["atol"])) if i in intervals else "open"] += 1
        # what is decided here must be decided so there: of a block looked at in part, by what it has at most
        for word in ("proven", "disproven"):
            others = size - sum(counts.values())
            if not counts[word] <= block["entries"][word] <= counts[word] + counts["open"] + others:
                raise Contradicted(f"{block['name']}: {block['entries'][word]} entries are certified as {word}, {counts[word]} are")
        undecided += counts["open"]
        at += size
    return len(wanted) - undecided, undecided


def verify(certificate, asked):
    if certificate.get("schema") != "gradproof.certificate/1":
        raise Damaged("schema: isn't gradproof.certificate/1")
    check_seals(certificate)
    check_tree(certificate["result"]["list"])
    if certificate["kind"] != "proof":
        return 2, "not damaged; but a check is an estimate by gradproof's own rules: gradproof verify repeats it"
    if real(certificate["result"]["report"]["radius"]):
        return 2, "not damaged; but it is about a neighbourhood, and this verifies points"
    if numbers_of(certificate, "parameters") is None:
        return 2, "not damaged; but its numbers aren't in it"
    arithmetic = ByFlint() if flint else ByMpmath()
    n, entries = certificate["numbers"]["parameters"]["count"], certificate["result"]["list"]
    wanted = set(range(n))
    if asked or entries["entries"] is None:
        count = min(n, asked or SAMPLE)
        wanted = set(random.Random(0).sample(range(n), count)) | {one["index"] for one in entries["widest"]}
    # At an exact kink there is no derivative: what is certified holds with one slope of the kink's there, or with any.
    for share in (0, 1, 0.5, None) if certificate["result"]["report"]["kinks"]["exact"] else (None,):
        intervals = derivatives(certificate, arithmetic, sorted(wanted), share)
        try:
            confirmed, undecided = judge(certificate, intervals, wanted)
        except Contradicted:
            if share is None:
                raise
        else:
            if undecided == 0:
                break
    text = f"{confirmed} of {len(wanted)} entries as certified ({certificate['result']['verdict']}), by {arithmetic.name}"
    if len(wanted) < n:
        text += f"; {n} in all"
    return (0, text) if undecided == 0 else (2, f"{text}; {undecided} not decided: these intervals are too wide, or at a kink")


def main():
    parser = argparse.ArgumentParser(description="Verifies a certificate of gradproof prove by other code.")
    parser.add_argument("certificate")
    parser.add_argument("--entries", type=int, default=0, help="look at so many entries, drawn at random, and the widest (all)")
    try:
        options = parser.parse_args()
    except SystemExit as end:
        return 64 if end.code else 0
    try:
        with open(options.certificate, encoding="utf-8") as file:
            certificate = json.load(file, object_pairs_hook=without_doubles)
        code, text = verify(certificate, options.entries)
    except (Damaged, KeyError, TypeError, ValueError, AttributeError) as error:
        code, text = 3, f"damaged: {error}"
    except Contradicted as error:
        code, text = 1, f"contradicted: {error}"
    print(f"{options.certificate}: {'confirmed: ' if code == 0 else ''}{text}")
    return code


if __name__ == "__main__":
    sys.exit(main())
