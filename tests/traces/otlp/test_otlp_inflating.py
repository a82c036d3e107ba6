"""Content-Encoding of a request: which are undone, and what is refused with which status."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib

import pytest

from traces import otlp

TEXT = b"a span and another span, " * 100
GZIPPED = gzip.compress(TEXT)


def _raw_deflate(data: bytes) -> bytes:
    squeezer = zlib.compressobj(wbits=-15)
    return squeezer.compress(data) + squeezer.flush()


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        pytest.param(TEXT, None, id="no encoding leaves the body alone"),
        pytest.param(TEXT, "", id="an empty encoding leaves the body alone"),
        pytest.param(TEXT, "identity", id="identity leaves the body alone"),
        pytest.param(GZIPPED, "gzip", id="gzip is undone"),
        pytest.param(GZIPPED, " GZip ", id="the name of an encoding has no case"),
        pytest.param(GZIPPED, "x-gzip", id="x-gzip is the old name of gzip"),
        pytest.param(
            gzip.compress(TEXT[:700]) + gzip.compress(TEXT[700:]), "gzip", id="two gzip members"
        ),
        pytest.param(GZIPPED + b"\0" * 40, "gzip", id="gzip with padding behind it"),
        pytest.param(zlib.compress(TEXT), "deflate", id="deflate in its zlib frame"),
        pytest.param(_raw_deflate(TEXT), "deflate", id="deflate without a frame"),
    ],
)
def test_a_body_is_inflated(body: bytes, encoding: str | None):
    assert otlp.inflate(body, encoding, limit=len(TEXT)) == TEXT


@pytest.mark.parametrize(
    ("body", "encoding", "limit", "status"),
    [
        pytest.param(TEXT, None, len(TEXT) - 1, 413, id="a plain body one byte too long"),
        pytest.param(GZIPPED, "gzip", len(TEXT) - 1, 413, id="gzip one byte too long"),
        pytest.param(zlib.compress(TEXT), "deflate", 99, 413, id="deflate too long"),
        pytest.param(GZIPPED * 3, "gzip", len(TEXT) * 2, 413, id="members that add up to too much"),
        pytest.param(GZIPPED[:-9], "gzip", 10_000, 400, id="gzip cut in its data"),
        pytest.param(GZIPPED[:-4], "gzip", 10_000, 400, id="gzip cut in its trailer"),
        pytest.param(GZIPPED[:5], "gzip", 10_000, 400, id="gzip cut in its header"),
        pytest.param(b"", "gzip", 10_000, 400, id="gzip of no bytes at all"),
        pytest.param(
            GZIPPED[:-8] + b"\1\2\3\4" + GZIPPED[-4:], "gzip", 10_000, 400, id="a wrong CRC"
        ),
        pytest.param(GZIPPED + b"junk", "gzip", 10_000, 400, id="junk behind gzip"),
        pytest.param(TEXT, "gzip", 10_000, 400, id="plain bytes called gzip"),
        pytest.param(TEXT, "deflate", 10_000, 400, id="plain bytes called deflate"),
        pytest.param(
            zlib.compress(TEXT) + b"junk", "deflate", 10_000, 400, id="junk behind deflate"
        ),
        pytest.param(gzip.compress(b"") * 200, "gzip", 10_000, 400, id="hundreds of members"),
        pytest.param(TEXT, "br", 10_000, 415, id="brotli is not known"),
        pytest.param(GZIPPED, "gzip, gzip", 10_000, 415, id="two encodings at once"),
    ],
)
def test_a_body_is_refused(body: bytes, encoding: str | None, limit: int, status: int):
    with pytest.raises(otlp.Refused) as refused:
        otlp.inflate(body, encoding, limit)
    assert refused.value.status == status
    assert refused.value.message.endswith(".")


def test_a_bomb_of_200_megabytes_stops_at_the_limit():
    squeezer = zlib.compressobj(9, wbits=31)
    zeros = b"\0" * 1_000_000
    bomb = b"".join(squeezer.compress(zeros) for _ in range(200)) + squeezer.flush()
    tracemalloc.start()
    with pytest.raises(otlp.Refused) as refused:
        otlp.inflate(bomb, "gzip", limit=1_000_000)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert refused.value.status == 413
    assert peak < 10_000_000
