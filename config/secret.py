"""Keys that nobody chose: made once, kept beside the data."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat


def stored_rsa_key(data_dir: Path, name: str = "oidc_key.pem") -> str:
    """Return the private key in that file, in PEM, made on first use for its owner alone."""
    return _made_once(data_dir / name, _new_rsa_key)


def stored_key(data_dir: Path, name: str = "secret_key") -> str:
    """Return the key in that file of the data folder, made on first use for its owner alone."""
    return _made_once(data_dir / name, _new_key).strip()


def _made_once(path: Path, make: Callable[[], bytes]) -> str:
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        made = path.with_name(f".{path.name}-{secrets.token_hex(8)}")
        descriptor = os.open(made, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(make())
        # Of several processes that begin at once, the first one's key is everybody's.
        with suppress(FileExistsError):
            os.link(made, path)
        made.unlink()
    return path.read_text(encoding="ascii")


def _new_rsa_key() -> bytes:
    key = rsa.generate_private_key(public_exponent=65_537, key_size=2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _new_key() -> bytes:
    return secrets.token_urlsafe(48).encode()
