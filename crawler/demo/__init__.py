"""The demo province: real DNS and web servers on loopback, described by data files, the truth beside it."""

from crawler.demo.model import PORT, Host, Reply, Request, Unit
from crawler.demo.province import Province, simple
from crawler.demo.running import Running, serve, serving

__all__ = ["PORT", "Host", "Province", "Reply", "Request", "Running", "Unit", "serve", "serving", "simple"]
