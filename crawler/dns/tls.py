"""Verifies a host's certificate apart from the crawl, which fetches whatever the certificate says."""

import asyncio
import ssl
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from ipaddress import ip_address

import certifi
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from crawler.dns.addresses import parse
from crawler.dns.resolver import parse_name

MAX_NAMES = 100
_MAX_TEXT = 300
_KEY_TYPES = {rsa.RSAPublicKey: "rsa", ec.EllipticCurvePublicKey: "ec"}
_ENOUGH_BITS = {"rsa": 2048, "ec": 224, "other": 0}  # as browsers demand
_OLD_PROTOCOLS = ("SSLv2", "SSLv3", "TLSv1", "TLSv1.1")
_LEGACY_SERVER_CONNECT = 0x4  # OP_LEGACY_SERVER_CONNECT, without a name in Python 3.11
_UNTRUSTED = (2, 18, 19, 20, 21, 24, 25)  # X509_V_ERR_*: no way to a known authority

# The first of these that is there becomes ``error``.
_ORDER = (
    "self_signed",
    "expired",
    "not_yet_valid",
    "wrong_name",
    "old_protocol",
    "weak_key",
    "unknown_issuer",
    "untrusted",
)


@dataclass(frozen=True, slots=True)
class TlsReport:
    """What a visitor's browser would say of a host's certificate, and the facts behind it.

    ``error`` is the first of ``faults``, which are ``self_signed``, ``expired``, ``not_yet_valid``,
    ``wrong_name``, ``old_protocol``, ``weak_key``, ``unknown_issuer``, ``untrusted`` (anything else OpenSSL
    objects to) and ``malformed``; or, without a certificate, ``no_connection``, ``timeout``, ``no_tls`` or
    ``invalid_name``.
    ``names`` are at most ``MAX_NAMES`` DNS names and addresses; times are UTC; ``key_type`` is ``rsa``, ``ec``
    or ``other``, ``key_bits`` 0 where its size is fixed.
    """

    valid: bool = False
    error: str = ""
    faults: tuple[str, ...] = ()
    issuer: str = ""
    subject: str = ""
    not_before: datetime | None = None
    not_after: datetime | None = None
    names: tuple[str, ...] = ()
    protocol: str = ""
    key_type: str = ""
    key_bits: int = 0


async def verify(
    hostname: str,
    address: str,
    port: int = 443,
    timeout: float = 10.0,  # noqa: ASYNC109 - part of the seam: one number for both handshakes
    ca_file: str = "",
) -> TlsReport:
    """Shake hands with ``address`` (which the caller has let the guard check) as ``hostname``; never raises.

    ``timeout`` seconds for everything. ``ca_file`` replaces the authorities of the system and of certifi.
    """
    name = parse_name(hostname)
    if name is None and parse(hostname) is None:
        return TlsReport(error="invalid_name")  # asyncio checks no name at all when it is given an empty one
    host = name.to_text(omit_final_dot=True) if name is not None else hostname
    try:
        async with asyncio.timeout(timeout):
            return await _verify(host, address, port, ca_file)
    except TimeoutError:
        return TlsReport(error="timeout")


async def _verify(hostname: str, address: str, port: int, ca_file: str) -> TlsReport:
    code = 0
    try:
        der, protocol = await _handshake(_strict(ca_file), hostname, address, port)
        return _report(hostname, der, protocol, 0)
    except ssl.SSLCertVerificationError as fault:
        code = fault.verify_code
    except (ssl.SSLError, ConnectionError, EOFError):
        pass  # an old protocol or a key too small ends the handshake before the certificate is judged
    except OSError:
        return TlsReport(error="no_connection")
    except ValueError:
        return TlsReport(error="invalid_name")
    try:
        der, protocol = await _handshake(_lenient(), hostname, address, port)
    except ConnectionRefusedError:
        return TlsReport(error="no_connection")
    except (OSError, EOFError, ValueError):
        return TlsReport(error="no_tls")
    return _report(hostname, der, protocol, code or -1)


async def _handshake(context: ssl.SSLContext, hostname: str, address: str, port: int) -> tuple[bytes, str]:
    _, writer = await asyncio.open_connection(address, port, ssl=context, server_hostname=hostname)
    try:
        session = writer.get_extra_info("ssl_object")
        return session.getpeercert(binary_form=True) or b"", session.version() or ""
    finally:
        writer.transport.abort()  # a polite goodbye would wait for the peer


@lru_cache(maxsize=4)
def _strict(ca_file: str) -> ssl.SSLContext:
    if ca_file:
        return ssl.create_default_context(cafile=ca_file)
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())  # a bare container has no authorities of its own
    return context


@lru_cache(maxsize=1)
def _lenient() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.set_ciphers("ALL:!aNULL:!eNULL:@SECLEVEL=0")
    context.options |= _LEGACY_SERVER_CONNECT
    return context


def _report(hostname: str, der: bytes, protocol: str, code: int) -> TlsReport:
    """Judge a certificate; ``code`` is OpenSSL's verdict, 0 good, -1 when it did not come to one."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # cryptography warns of what old certificates do wrong
            certificate = x509.load_der_x509_certificate(der)
            report = _facts(certificate, protocol)
    except (ValueError, TypeError, UnsupportedAlgorithm, x509.DuplicateExtension, x509.InvalidVersion):
        return TlsReport(error="malformed", faults=("malformed",), protocol=protocol)
    found = set(_faults(report, hostname, code))
    if code and not found:
        found = {"untrusted"}
    faults = tuple(fault for fault in _ORDER if fault in found)
    return replace(report, valid=not faults, error=faults[0] if faults else "", faults=faults)


def _facts(certificate: x509.Certificate, protocol: str) -> TlsReport:
    key = certificate.public_key()
    return TlsReport(
        issuer=certificate.issuer.rfc4514_string()[:_MAX_TEXT],
        subject=certificate.subject.rfc4514_string()[:_MAX_TEXT],
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        names=tuple(_names(certificate))[:MAX_NAMES],
        protocol=protocol,
        key_type=next((name for kind, name in _KEY_TYPES.items() if isinstance(key, kind)), "other"),
        key_bits=int(getattr(key, "key_size", 0)),
    )


def _names(certificate: x509.Certificate) -> Iterator[str]:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, ValueError):
        return
    for name in list(names)[:MAX_NAMES]:
        if isinstance(name, x509.DNSName | x509.IPAddress):
            yield str(name.value)[:_MAX_TEXT].lower()


def _faults(report: TlsReport, hostname: str, code: int) -> Iterator[str]:
    if report.protocol in _OLD_PROTOCOLS:
        yield "old_protocol"
    if report.key_bits < _ENOUGH_BITS[report.key_type]:
        yield "weak_key"
    if not code:
        return  # OpenSSL checked the rest; its security level decides on keys, which differs by machine
    now = datetime.now(UTC)
    if report.not_after is not None and report.not_after < now:
        yield "expired"
    if report.not_before is not None and report.not_before > now:
        yield "not_yet_valid"
    if not any(_matches(hostname, name) for name in report.names):
        yield "wrong_name"
    if report.issuer == report.subject:
        yield "self_signed"
    elif code in _UNTRUSTED:
        yield "unknown_issuer"


def _matches(hostname: str, name: str) -> bool:
    """Compare as RFC 9525 says: a star stands for the whole first label."""
    host = hostname.lower().removesuffix(".")
    try:
        return ip_address(host) == ip_address(name)
    except ValueError:
        pass
    if name.startswith("*."):
        _, _, host = host.partition(".")
        name = name[2:]
    return bool(host) and host == name
