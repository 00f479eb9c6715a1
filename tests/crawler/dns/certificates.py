"""Good and broken certificates, and TLS servers' contexts for them."""

import ssl
import warnings
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

NAME = "truong.test"


@dataclass
class Authority:
    """A certificate authority of a test, its root in ``ca_file``."""

    ca: trustme.CA
    ca_file: str
    folder: Path

    @classmethod
    def make(cls, folder: Path) -> "Authority":
        ca = trustme.CA()
        ca.cert_pem.write_to_path(folder / "ca.pem")
        return cls(ca, str(folder / "ca.pem"), folder)

    def server(self, *names: str, expires: datetime | None = None, starts: datetime | None = None) -> ssl.SSLContext:
        leaf = self.ca.issue_cert(*(names or (NAME,)), not_after=expires, not_before=starts)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        leaf.configure_cert(context)
        return context

    def expired(self) -> ssl.SSLContext:
        now = datetime.now(UTC)
        return self.server(starts=now - timedelta(days=90), expires=now - timedelta(days=1))

    def early(self) -> ssl.SSLContext:
        now = datetime.now(UTC)
        return self.server(starts=now + timedelta(days=10), expires=now + timedelta(days=90))

    def old_protocol(self) -> ssl.SSLContext:
        context = self.server()
        context.set_ciphers("ALL:@SECLEVEL=0")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Python warns of the version that is wanted here
            context.minimum_version = ssl.TLSVersion.TLSv1
            context.maximum_version = ssl.TLSVersion.TLSv1
        return context

    def self_signed(self, bits: int = 2048) -> ssl.SSLContext:
        key = rsa.generate_private_key(65537, bits)
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
        now = datetime.now(UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=30))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
            .sign(key, hashes.SHA256())
        )
        return self._context(certificate, key)

    def weak_key(self) -> ssl.SSLContext:
        return self.self_signed(bits=1024)

    def _context(self, certificate: x509.Certificate, key: rsa.RSAPrivateKey) -> ssl.SSLContext:
        file = self.folder / f"{certificate.serial_number}.pem"
        pem = serialization.Encoding.PEM
        file.write_bytes(
            key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
            + certificate.public_bytes(pem)
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.load_cert_chain(file)
        return context
