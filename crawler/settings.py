"""Settings in three blocks: Scrapy's, our components in order, our own with their defaults."""

import os
from pathlib import Path
from typing import Any


def _env(name: str, default: Any) -> Any:
    """A setting of ours may come from the environment under the same name; ``-s`` wins over it."""
    return os.environ.get(name, default)


# ---------------------------------------------------------------------------------------------- Scrapy
BOT_NAME = "rasoat"
SPIDER_MODULES = ["crawler.spiders"]
NEWSPIDER_MODULE = "crawler.spiders"
COMMANDS_MODULE = "crawler.commands"

# The dispatcher knows every URL and paces every server, so Scrapy's own queue is only a short hand-over:
# no duplicate filter (no fingerprints), no delay, no retry, no redirect behind the dispatcher's back.
DUPEFILTER_CLASS = "scrapy.dupefilters.BaseDupeFilter"
RETRY_ENABLED = False
REDIRECT_ENABLED = False
METAREFRESH_ENABLED = False
DOWNLOAD_DELAY = 0
CONCURRENT_REQUESTS = 256  # the dispatcher's groups times their connections; it is the one that limits
CONCURRENT_REQUESTS_PER_DOMAIN = 64
CONCURRENT_ITEMS = 1  # an answer yields one item; Scrapy starts that many tasks for every answer
WARN_ON_GENERATOR_RETURN_VALUE = False  # reads sources at run time
REFERER_ENABLED = False
COOKIES_ENABLED = False  # no cookie outlives a view
HTTPERROR_ALLOW_ALL = True  # every status is a fact about a site
ROBOTSTXT_OBEY = False  # the register's sites: the owner's own audit
HTTPPROXY_ENABLED = False  # behind a proxy the guard would see only the proxy
TELNETCONSOLE_ENABLED = False  # no open port
REMOTE_CONTROL_ENABLED = False  # nor a job folder of Scrapy's own
MEMUSAGE_ENABLED = False
DOWNLOAD_TIMEOUT = 30  # the whole answer, so a server that drips one byte a second is cut
DOWNLOAD_MAXSIZE = 8 * 1024 * 1024
DOWNLOAD_WARNSIZE = 0
DOWNLOAD_FAIL_ON_DATALOSS = False  # a short body is still a page; the flag is kept
DOWNLOAD_TLS_MIN_VERSION = "TLSv1.0"
DOWNLOAD_VERIFY_CERTIFICATES = False  # verified apart, see crawler.dns.tls
URLLENGTH_LIMIT = 2083
LOG_LEVEL = "INFO"
LOGSTATS_INTERVAL = 0
STATS_DUMP = False
REACTOR_THREADPOOL_MAXSIZE = 10
SCRAPER_SLOT_MAX_ACTIVE_SIZE = 128 * 1024 * 1024  # bodies in memory: documents wait for a reader, pages should not
USER_AGENT = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
)
DEFAULT_REQUEST_HEADERS = {
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "Accept-Language": "vi-VN,vi;q=0.9,en;q=0.6",
}

# ---------------------------------------------------------------------------------- components in order
# Only http and https exist, through our own handlers: they resolve with crawler.dns and guard every connection.
DOWNLOAD_HANDLERS = {
    "http": "crawler.browser.handler.BrowserDownloadHandler",
    "https": "crawler.browser.handler.BrowserDownloadHandler",
    "file": None,
    "ftp": None,
    "s3": None,
    "data": None,
}
TWISTED_DNS_RESOLVER = "crawler.dns.scrapy_resolver.GuardedNameResolver"  # the wall behind the handler
DOWNLOADER_MIDDLEWARES = {
    "crawler.middlewares.guard.GuardMiddleware": 10,  # first: nothing forbidden goes on
    "crawler.middlewares.audit.AuditMiddleware": 400,  # says who we are, where configured
    "crawler.middlewares.compression.CompressionMiddleware": 590,  # in place of Scrapy's, which loses bombs
    "crawler.middlewares.types.TypesMiddleware": 910,  # nearest to the download: stops what is not read
    "scrapy.downloadermiddlewares.httpcompression.HttpCompressionMiddleware": None,
    "scrapy.downloadermiddlewares.offsite.OffsiteMiddleware": None,  # scope is decided before a Request exists
    "scrapy.downloadermiddlewares.httpauth.HttpAuthMiddleware": None,  # never log in
}
SPIDER_MIDDLEWARES = {  # depth, length and status are the dispatcher's business
    "scrapy.spidermiddlewares.start.StartSpiderMiddleware": None,
    "scrapy.spidermiddlewares.httperror.HttpErrorMiddleware": None,
    "scrapy.spidermiddlewares.urllength.UrlLengthMiddleware": None,
    "scrapy.spidermiddlewares.depth.DepthMiddleware": None,
    "scrapy.spidermiddlewares.metacopy.MetaCopyDetectionMiddleware": None,
}
ITEM_PIPELINES = {
    "pipelines.attribute.AttributePipeline": 100,  # the door: run, site, unit
    "pipelines.classify.ClassifyPipeline": 200,  # what the rules say
    "pipelines.compare.ComparePipeline": 250,  # what a view shows that a plain visit does not
    "pipelines.evidence.EvidencePipeline": 300,  # the bytes behind what they say
    "pipelines.reconsider.ReconsiderPipeline": 350,  # at the end: what all pages together say of a destination
    "pipelines.persist.PersistPipeline": 400,  # everything into the store, in batches
}
PAGE_JUDGE = "pipelines.rulesets.judge_from_crawler"  # judges what is read in processes beside the crawl
EXTENSIONS = {
    "crawler.extensions.run_record.RunRecord": 100,  # ends the run's record and closes the store
    "crawler.extensions.closing.Closing": 150,  # a stop never waits for an item that is done
    "crawler.extensions.progress.Progress": 200,  # a live line on a terminal, plain lines elsewhere
}

# ------------------------------------------------------------------------------------------------- ours
RASOAT_MONGO_URI = _env("RASOAT_MONGO_URI", "")  # empty: the embedded server
RASOAT_MONGO_DATABASE = _env("RASOAT_MONGO_DATABASE", "rasoat")
RASOAT_MONGO_PATIENCE = _env("RASOAT_MONGO_PATIENCE", 300)  # seconds a crawl waits for a lost database
RASOAT_DATA_DIR = _env(
    "RASOAT_DATA_DIR",
    str(Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "rasoat"),
)
RASOAT_RULES = _env("RASOAT_RULES", "")
RASOAT_NAMESERVERS = _env("RASOAT_NAMESERVERS", "")
RASOAT_AUTHORITY_ZONES = _env("RASOAT_AUTHORITY_ZONES", "haiphong.edu.vn")
RASOAT_ZONE_SERVERS = _env("RASOAT_ZONE_SERVERS", "")
RASOAT_ZONE_KEYS = _env("RASOAT_ZONE_KEYS", "")  # TSIG: zone=name:algorithm:secret
RASOAT_DNS_RATE = _env("RASOAT_DNS_RATE", 100)  # questions a second to one name server
RASOAT_DNS_TIMEOUT = _env("RASOAT_DNS_TIMEOUT", 2)  # seconds for one try
RASOAT_GUESSES = _env("RASOAT_GUESSES", 40000)  # names that a discovery run tries without having seen them
RASOAT_ALLOWED_NETWORKS = _env("RASOAT_ALLOWED_NETWORKS", "")
RASOAT_WEB_PORTS = _env("RASOAT_WEB_PORTS", "80,443")
RASOAT_SERVER_CONNECTIONS = _env("RASOAT_SERVER_CONNECTIONS", 2)
RASOAT_SERVER_DELAY = _env("RASOAT_SERVER_DELAY", 0.5)  # seconds between two requests to one server
RASOAT_MAX_PAGES = _env("RASOAT_MAX_PAGES", 20000)  # a host and run
RASOAT_MAX_BYTES = _env("RASOAT_MAX_BYTES", 4 * 1024**3)  # a host and run
RASOAT_MAX_SECONDS = _env("RASOAT_MAX_SECONDS", 8 * 3600)  # a host and run, while it may be visited
RASOAT_VIEW_BUDGET = _env("RASOAT_VIEW_BUDGET", 40)  # pages of a host and run that are fetched in other views too
RASOAT_RENDER_BUDGET = _env("RASOAT_RENDER_BUDGET", 20)  # pages of a host and run that the browser renders
RASOAT_READERS = _env("RASOAT_READERS", "")  # processes that read pages too; empty: a core less than there are
RASOAT_DOCUMENT_BYTES = _env("RASOAT_DOCUMENT_BYTES", 20 * 1024**2)  # larger ones are not downloaded
RASOAT_DOCUMENT_SECONDS = _env("RASOAT_DOCUMENT_SECONDS", 20)  # of CPU time for reading one; five times by the clock
RASOAT_DOCUMENT_MEMORY = _env("RASOAT_DOCUMENT_MEMORY", 512 * 1024**2)  # bytes for reading one; two are read at once
RASOAT_KEEP_BODIES = _env("RASOAT_KEEP_BODIES", 400)  # days
RASOAT_BROWSER = _env("RASOAT_BROWSER", "")  # a program; empty: the system's Chromium
RASOAT_BROWSER_PAGES = _env("RASOAT_BROWSER_PAGES", 4)  # open at once
RASOAT_BROWSER_NO_SANDBOX = _env("RASOAT_BROWSER_NO_SANDBOX", 0)  # 1: where the system gives Chromium none
RASOAT_CONTACT = _env("RASOAT_CONTACT", "")
RASOAT_AUDIT_HEADER = _env("RASOAT_AUDIT_HEADER", "")
