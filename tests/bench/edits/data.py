# SPDX-License-Identifier: MIT
"""Test pictures: PNGs of wanted sizes, the same in every run, made of noise and nothing else.

    data.picture(path, 512, 262144)       512 x 512, within 1 % of 262,144 bytes
"""
import random
import struct
import zlib

UPLOADS = {"tiny": (1, 70), "256k": (512, 262144), "2m": (1024, 2000000)}  # side, bytes
ANSWERS = {"tiny": (1, 70), "256k": (512, 262144), "1536k": (1024, 1572864)}


def chunk(kind, content):
    crc = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", crc)


def drawn(side, wide):
    """A picture whose lines are `wide` bytes of noise and grey for the rest."""
    noise = random.Random(side)
    lines = b"".join(b"\0" + noise.randbytes(wide) + b"\x80" * (3 * side - wide)
                     for _ in range(side))
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header)
            + chunk(b"IDAT", zlib.compress(lines, 6)) + chunk(b"IEND", b""))


def picture(path, side, size):
    """Noise does not shrink, grey nearly vanishes: a first try tells how much of it to take."""
    wide = min(3 * side, size // side)
    wide = min(3 * side, wide * size // len(drawn(side, wide)))
    path.write_bytes(drawn(side, wide))


def make(folder):
    """All pictures, as folder/in-NAME.png and folder/out-NAME.png."""
    for kind, pictures in (("in", UPLOADS), ("out", ANSWERS)):
        for name, (side, size) in pictures.items():
            picture(folder / f"{kind}-{name}.png", side, size)
