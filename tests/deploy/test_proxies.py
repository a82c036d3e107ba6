"""The files of deploy/ in front of a real server: genuine nginx, genuine Caddy."""

from __future__ import annotations

import datetime
import http.client
import json
import os
import re
import shutil
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.conf import settings
from django.utils import timezone

from benchmarks.killed import trace
from teams import keys
from tests.server import Piece, WebServer, free_port, wait_until
from tests.signals_app import conversations

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

DEPLOY = settings.BASE_DIR / "deploy"
NAME = "signals.example.com"
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "signals-proxies"


@dataclass(frozen=True)
class Proxy:
    """port: of TLS, or of plain HTTP where the proxy would want a certificate from outside."""

    port: int
    has_tls: bool

    def ask(
        self, path: str, body: bytes | None = None, **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        context = ssl._create_unverified_context()
        client: http.client.HTTPConnection
        if self.has_tls:
            client = http.client.HTTPSConnection("127.0.0.1", self.port, context=context)
        else:
            client = http.client.HTTPConnection("127.0.0.1", self.port)
        told = {"Host": NAME} | {k.replace("_", "-"): v for k, v in headers.items()}
        client.request("POST" if body else "GET", path, body, told)
        try:
            answer = client.getresponse()
            named = {name.lower(): value for name, value in answer.getheaders()}
            return answer.status, named, answer.read()
        finally:
            client.close()


def program(name: str) -> str:
    found = shutil.which(name) or shutil.which(
        name, path=f"{CACHE}/usr/sbin{os.pathsep}{CACHE}/usr/bin"
    )
    assert found, f"no {name}: `make tools` gets one"
    return found


def write_certificate(folder: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    form = serialization.PrivateFormat.PKCS8
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(key.private_bytes(serialization.Encoding.PEM, form, plain))


@contextmanager
def nginx(folder: Path, upstream: int) -> Iterator[Proxy]:
    write_certificate(folder)
    plain, tls = free_port(), free_port()
    text = (DEPLOY / "nginx" / "signals.conf").read_text("utf-8")
    text = re.sub(r" *listen \[::\].*\n", "", text)
    for old, new in {
        "127.0.0.1:8799": f"127.0.0.1:{upstream}",
        "listen 80;": f"listen 127.0.0.1:{plain};",
        "listen 443 ": f"listen 127.0.0.1:{tls} ",
        f"/etc/ssl/{NAME}.pem": str(folder / "cert.pem"),
        f"/etc/ssl/{NAME}.key": str(folder / "key.pem"),
    }.items():
        assert old in text
        text = text.replace(old, new)
    main = (
        f"daemon off; pid {folder}/pid; error_log stderr; events {{}}\n"
        f"http {{ access_log off; client_body_temp_path {folder}/body; "
        f"proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/f; "
        f"uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;\n{text}\n}}\n"
    )
    main = f"user root;\n{main}" if os.geteuid() == 0 else main
    (folder / "nginx.conf").write_text(main, encoding="utf-8")
    command = [program("nginx"), "-p", str(folder), "-c", str(folder / "nginx.conf")]
    with Piece([*command, "-e", "stderr"], "nginx", None) as started:
        wait_until(lambda: answers(Proxy(tls, True)), 20, f"nginx ({started.output()})")
        assert Proxy(plain, False).ask("/p/x/")[0] == 301
        yield Proxy(tls, True)


@contextmanager
def caddy(folder: Path, upstream: int) -> Iterator[Proxy]:
    port = free_port()
    text = (DEPLOY / "caddy" / "Caddyfile").read_text("utf-8")
    text = text.replace("127.0.0.1:8799", f"127.0.0.1:{upstream}")
    text = text.replace(f"\n{NAME} {{", f"\n{{\n\tadmin off\n}}\n:{port} {{")
    (folder / "Caddyfile").write_text(text, encoding="utf-8")
    command = [program("caddy"), "run", "--config", str(folder / "Caddyfile")]
    given = {"HOME": str(folder), "XDG_DATA_HOME": str(folder)}
    with Piece([*command, "--adapter", "caddyfile"], "caddy", given) as started:
        wait_until(lambda: answers(Proxy(port, False)), 20, f"caddy ({started.output()})")
        yield Proxy(port, False)


def answers(proxy: Proxy) -> bool:
    try:
        return proxy.ask("/healthz")[0] == 200
    except OSError:
        return False


@pytest.mark.parametrize("start", [nginx, caddy])
def test_a_proxy_passes_on_what_signals_needs(
    start: object, database_url: str, tmp_path: Path
) -> None:
    project = conversations.project()
    secret = keys.issue(project, "traffic", None, now=timezone.now())[1]
    with (
        WebServer(database_url, environment={"BASE_URL": f"https://{NAME}"}) as web,
        start(tmp_path, web.port) as proxy,  # type: ignore[operator]
    ):
        status, headers, _ = proxy.ask("/accounts/login/")
        assert status == 200
        assert len(headers["x-request-id"]) >= 32
        if proxy.has_tls:
            assert "secure" in headers["set-cookie"].lower()
            assert "max-age" in headers["strict-transport-security"]
        large = trace("ab" * 16)
        span = large["resourceSpans"][0]["scopeSpans"][0]["spans"][0]
        span["attributes"].append({"key": "large", "value": {"stringValue": "x" * 3_000_000}})
        body = json.dumps(large).encode()
        json_type = {"Content_Type": "application/json", "Authorization": f"Bearer {secret}"}
        assert proxy.ask("/v1/traces", body, **json_type)[0] == 200
        assert proxy.ask("/readyz")[0] in (200, 503), "asked from this machine"


def test_the_unit_is_one_that_systemd_reads() -> None:
    """systemd's own verifier, where there is one; else that it says what the program needs."""
    unit = (DEPLOY / "systemd" / "signals.service").read_text("utf-8")
    assert "KillMode=mixed" in unit
    assert "Restart=always" in unit
    if verifier := shutil.which("systemd-analyze"):
        path = str(DEPLOY / "systemd" / "signals.service")
        done = subprocess.run([verifier, "verify", path], capture_output=True, text=True)
        said = [line for line in done.stderr.splitlines() if "signals.service" in line]
        assert all("not executable" in line for line in said), done.stderr
