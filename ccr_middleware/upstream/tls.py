"""Whom we trust, the same for both HTTP libraries."""

from __future__ import annotations

import os
import ssl

from ..errors import ConfigError


def tls_context(verify: bool | str) -> ssl.SSLContext:
    """A client context: the system's authorities (True), those of a file or folder (path), or no check (False).

    The system's store comes first because that is where a company puts its own authority; certifi's list is taken
    where the system has none. Reading it takes tens of milliseconds, so a transport does so once and not before the
    first https URL. Raises ConfigError for a path that holds no certificates.
    """
    if isinstance(verify, str):
        context = _context_of(verify)
    else:
        context = ssl.create_default_context()
        if not verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        elif not context.cert_store_stats()["x509_ca"]:
            _load_certifi(context)
    context.set_alpn_protocols(["http/1.1"])
    return context


def _context_of(path: str) -> ssl.SSLContext:
    try:
        if os.path.isdir(path):
            return ssl.create_default_context(capath=path)
        return ssl.create_default_context(cafile=path)
    except OSError as error:  # ssl.SSLError is one too
        raise ConfigError(f"verify: no certificates can be read from {path!r}; give a PEM file or a folder") from error


def _load_certifi(context: ssl.SSLContext) -> None:
    try:
        import certifi
    except ImportError:  # pragma: no cover - httpx brings it today
        return
    context.load_verify_locations(certifi.where())
