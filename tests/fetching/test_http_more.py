"""What a misbehaving source may not do to the HTTP guard: rebinding, expired TLS, staged ETags, flat memory."""

from __future__ import annotations

import asyncio
import datetime as dt
import gzip
import ssl
import tracemalloc
import zlib
from collections.abc import Callable
from ipaddress import ip_address
from pathlib import Path

import pytest

from dashboard.errors import SourceRefused, SourceUnavailable
from dashboard.fetching import HttpGuard, Target
from dashboard.fetching_address import TcpProbe, refusal
from dashboard.fetching_http import TAGS
from tests.fetching.test_http_guard import NOW, answer, ask, fails


@pytest.mark.parametrize(
    "address",
    ["64:ff9b::7f00:1", "2002:7f00:1::", "fd00:ec2::254", "100.64.0.1", "192.168.1.1", "fe80::1", "224.0.0.1", "::"],
)
def test_addresses_in_disguise_are_refused(address: str) -> None:
    assert refusal(ip_address(address), False)


@pytest.mark.parametrize("address", ["169.254.169.254", "100.100.100.200", "fd00:ec2::254", "::ffff:169.254.169.254"])
def test_metadata_is_refused_even_where_private_is_allowed(address: str) -> None:
    assert refusal(ip_address(address), True)
    assert refusal(ip_address("10.0.0.1"), True) is None
    assert refusal(ip_address("8.8.8.8"), False) is None


async def test_one_forbidden_address_refuses_the_name(monkeypatch: pytest.MonkeyPatch) -> None:
    async def two(*_: object, **__: object) -> list[object]:
        return [(2, 1, 6, "", ("93.184.216.34", 80)), (2, 1, 6, "", ("127.0.0.1", 80))]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", two)
    guard = HttpGuard(Target("http://two-faces.example/", 2.0, 1000, False, {}), lambda: NOW)
    with pytest.raises(SourceRefused) as caught:
        await guard.get()
    assert caught.value.cause == "address_blocked"


async def test_leave_for_private_addresses_ends_at_the_sources_own_host() -> None:
    """A department on the city's network may not send the collector on to the room's own ports."""
    location = "Location: http://localhost:1/"
    await fails(lambda _: answer("302 Found", b"", location), "address_blocked", SourceRefused)


async def test_tags_spare_the_next_answer_only_after_it_was_taken() -> None:
    def reply(head: bytes) -> bytes:
        if b"if-none-match" in head.lower():
            return answer("304 Not Modified", b"", 'ETag: "1"')
        return answer("200 OK", b"[]", 'ETag: "1"')

    async def poll(guard: HttpGuard) -> list[int]:
        seen = []
        for taken in (False, True, True):
            guard.begin()
            seen.append((await guard.get("x", conditional=True)).status)
            if taken:
                guard.confirm()
        other = await guard.get("x", params={"page": 2}, conditional=True)
        return [*seen, other.status]

    result, _ = await ask(reply, poll)
    assert result == [200, 200, 304, 200]


async def test_tags_of_addresses_that_are_not_asked_again_are_forgotten() -> None:
    def reply(head: bytes) -> bytes:
        return answer("304 Not Modified" if b"if-none-match" in head.lower() else "200 OK", b"", 'ETag: "1"')

    async def poll(guard: HttpGuard) -> list[int]:
        for page in range(TAGS + 1):
            await guard.get("x", params={"page": page}, conditional=True)
        guard.confirm()
        kept = [(await guard.get("x", params={"page": page}, conditional=True)).status for page in (0, 1, TAGS)]
        guard.forget()
        return [*kept, (await guard.get("x", params={"page": TAGS}, conditional=True)).status]

    result, _ = await ask(reply, poll)
    assert result == [200, 304, 304, 200]


async def test_a_cut_gzip_is_not_taken_for_the_whole() -> None:
    cut = gzip.compress(b"[1, 2, 3]" * 1000)[:-20]
    await fails(lambda _: answer("200 OK", cut, "Content-Encoding: gzip"), "reset", SourceUnavailable)


@pytest.mark.parametrize("pack", [zlib.compress, lambda body: zlib.compress(body)[2:-4]])
async def test_deflate_with_and_without_its_header(pack: Callable[[bytes], bytes]) -> None:
    result, _ = await ask(lambda _: answer("200 OK", pack(b"[1]"), "Content-Encoding: deflate"), lambda g: g.get())
    assert result.json() == [1]  # type: ignore[attr-defined]


async def test_memory_stays_flat_under_a_bomb() -> None:
    bomb = gzip.compress(b"0" * 100_000_000)
    tracemalloc.start()
    await fails(lambda _: answer("200 OK", bomb, "Content-Encoding: gzip"), "too_large", SourceRefused)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20_000_000


async def test_a_refused_body_is_not_kept_by_the_error_that_tells_of_it() -> None:
    async def poll(guard: HttpGuard) -> list[int]:
        with pytest.raises(SourceRefused) as told:
            await guard.get()
        held, frame = [], told.value.__traceback__
        while frame is not None:
            held += [len(value) for value in frame.tb_frame.f_locals.values() if isinstance(value, bytearray)]
            frame = frame.tb_next
        return held

    held, _ = await ask(lambda _: answer("200 OK", b"a" * 500_000), poll, max_bytes=300_000)
    assert held == [0]


async def test_a_passing_fault_is_tried_again() -> None:
    left = [answer("500 Oops"), answer("200 OK", b"[2]")]
    result, seen = await ask(lambda _: left.pop(0), lambda guard: guard.get())
    assert result.json() == [2]  # type: ignore[attr-defined]
    assert len(seen) == 2


async def test_a_post_is_not_sent_twice() -> None:
    left = [answer("500 Oops"), answer("200 OK", b"[2]")]
    with pytest.raises(SourceUnavailable):
        await ask(lambda _: left.pop(0), lambda guard: guard.post("x", json={}))
    assert len(left) == 1


async def test_slow_drops_end_at_the_time_limit() -> None:
    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        try:
            while True:
                writer.write(b" ")
                await writer.drain()
                await asyncio.sleep(0.02)
        except ConnectionError:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    guard = HttpGuard(Target(f"http://127.0.0.1:{port}", 0.5, 10**6, True, {}), lambda: NOW)
    with pytest.raises(SourceUnavailable) as caught:
        await guard.get()
    await guard.aclose()
    server.close()
    assert caught.value.cause == "timeout"


@pytest.mark.parametrize(("days", "trusted", "cause"), [(-1, True, "tls_expired"), (30, False, "tls")])
async def test_certificates(tmp_path: Path, days: int, trusted: bool, cause: str) -> None:
    serving, trusting = certificate(tmp_path, days)
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0, ssl=serving)
    port = server.sockets[0].getsockname()[1]
    tls = trusting if trusted else ssl.create_default_context()
    guard = HttpGuard(Target(f"https://127.0.0.1:{port}", 3.0, 1000, True, {}, tls=tls), lambda: NOW)
    with pytest.raises(SourceUnavailable) as caught:
        await guard.get()
    await guard.aclose()
    server.close()
    assert caught.value.cause == cause


def certificate(folder: Path, days: int) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's context with a certificate that ends in ``days``, and a client's that trusts its maker."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    now = dt.datetime.now(dt.UTC)
    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(2)]
    maker, host = (x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, word)]) for word in ("maker", "127.0.0.1"))

    def make(
        subject: x509.Name, key: ec.EllipticCurvePrivateKey, end: int, *more: x509.ExtensionType
    ) -> x509.Certificate:
        begun = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(maker)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(days=60))
            .not_valid_after(now + dt.timedelta(days=end))
        )
        for extension in more:
            begun = begun.add_extension(extension, critical=isinstance(extension, x509.BasicConstraints))
        return begun.sign(keys[0], hashes.SHA256())

    root = make(
        maker,
        keys[0],
        60,
        x509.BasicConstraints(ca=True, path_length=None),
        x509.SubjectKeyIdentifier.from_public_key(keys[0].public_key()),
    )
    leaf = make(host, keys[1], days, x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]))
    pem = serialization.Encoding.PEM
    plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (folder / "leaf.pem").write_bytes(leaf.public_bytes(pem) + keys[1].private_bytes(pem, *plain))
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(folder / "leaf.pem")
    return serving, ssl.create_default_context(cadata=root.public_bytes(pem).decode())


async def test_the_probe_measures_and_refuses() -> None:
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    assert await TcpProbe(2.0, True).tcp("127.0.0.1", port) < 2.0
    server.close()
    with pytest.raises(SourceRefused):
        await TcpProbe(2.0, False).tcp("127.0.0.1", port)
    with pytest.raises(SourceUnavailable) as caught:
        await TcpProbe(2.0, True).tcp("127.0.0.1", 1)
    assert caught.value.cause == "refused"
