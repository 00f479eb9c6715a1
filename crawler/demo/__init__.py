"""The demo province: real DNS and web servers on loopback, described by data files, the truth beside it."""

from crawler.demo.model import PORT, Host, Reply, Request, Unit
from crawler.demo.province import Province, Running, serve, serving, simple

__all__ = ["PORT", "Host", "Province", "Reply", "Request", "Running", "Unit", "serve", "serving", "simple"]
