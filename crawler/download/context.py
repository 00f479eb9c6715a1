"""TLS as old and broken servers speak it: nothing about a certificate hides a site from the review."""

from typing import Any

from OpenSSL import SSL
from scrapy.core.downloader.contextfactory import _ScrapyCertificateOptions, _ScrapyClientContextFactory
from twisted.internet._sslverify import ClientTLSOptions

# Level 0 lets 1024-bit keys, SHA-1 signatures and TLS 1.0 through; Twisted's cipher list drops "@SECLEVEL".
_CIPHERS = b"ALL:!aNULL:!eNULL:@SECLEVEL=0"


class _AnyCertificate(ClientTLSOptions):
    """Sends a server name and accepts whatever certificate comes; ``crawler.dns.tls`` judges it apart.

    Scrapy's own class fails on names with underscores and on certificates it cannot parse, and logs every
    page of a host with a wrong name.
    """

    def __init__(self, create: Any, hostname: str) -> None:
        super().__init__(create, hostname)
        # OpenSSL refuses an empty or overlong server name; the server's default site is better than nothing.
        self._sendServerName = self._sendServerName and 0 < len(self._hostnameBytes) < 256

    def clientConnectionForTLS(self, tlsProtocol: Any) -> SSL.Connection:
        connection = self._createConnection(tlsProtocol)
        if self._sendServerName:
            connection.set_tlsext_host_name(self._hostnameBytes)
        connection.set_verify(SSL.VERIFY_NONE, lambda *_: True)
        return connection


class _OldOptions(_ScrapyCertificateOptions):
    def _makeContext(self, skipCiphers: bool = False) -> SSL.Context:
        context = super()._makeContext(skipCiphers)
        context.set_cipher_list(_CIPHERS)
        return context


class LenientContextFactory(_ScrapyClientContextFactory):
    """Twisted's ``IPolicyForHTTPS`` for this crawl; one TLS context for all connections."""

    def creatorForNetloc(self, hostname: bytes, port: int) -> Any:
        """Return the connection creator for one host; the port plays no part."""
        return _AnyCertificate(self._shared()._makeTLSConnection, hostname.decode("ascii"))

    def _shared(self) -> _OldOptions:
        if not hasattr(self, "_options"):
            self._options = _OldOptions(**self._get_cert_options_kwargs())
        return self._options
