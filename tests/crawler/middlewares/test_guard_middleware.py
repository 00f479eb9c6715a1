"""The guard's middleware: whoever made the request, a forbidden URL stops there with its reason."""

import pytest
from scrapy import Request, Spider
from scrapy.exceptions import IgnoreRequest
from scrapy.utils.test import get_crawler

from crawler.dns.network import network_of, resolver_of
from crawler.errors import BadArgument, ForbiddenAddress
from crawler.middlewares.guard import GuardMiddleware, RefusedRequest


def crawler_with(**settings: object) -> object:
    return get_crawler(Spider, {"RASOAT_NAMESERVERS": "127.77.0.53", **settings})


def test_refusal_is_both_scrapys_and_ours_and_counted() -> None:
    crawler = crawler_with()
    guard = GuardMiddleware.from_crawler(crawler)
    for kind in (IgnoreRequest, ForbiddenAddress, RefusedRequest):
        with pytest.raises(kind, match=r"\(loopback\): 127\.0\.0\.1$"):
            guard.process_request(Request("http://127.1/"))
    assert crawler.stats.get_value("guard/refused") == 3
    assert crawler.stats.get_value("guard/refused/loopback") == 3


def test_other_requests_pass() -> None:
    crawler = crawler_with()
    assert GuardMiddleware.from_crawler(crawler).process_request(Request("https://truong.test/")) is None
    assert crawler.stats.get_value("guard/refused") is None


def test_all_components_of_a_crawler_share_one_network() -> None:
    crawler = crawler_with()
    assert network_of(crawler) is network_of(crawler)
    assert resolver_of(crawler) is network_of(crawler).resolver
    assert network_of(crawler) is not network_of(crawler_with())


def test_ports_of_the_register_reach_the_middleware() -> None:
    crawler = crawler_with()
    guard = GuardMiddleware.from_crawler(crawler)
    with pytest.raises(ForbiddenAddress):
        guard.process_request(Request("http://truong.test:8080/"))
    network_of(crawler).guard.allow_ports([8080])
    guard.process_request(Request("http://truong.test:8080/"))


@pytest.mark.parametrize("name", ["RASOAT_NAMESERVERS", "RASOAT_ALLOWED_NETWORKS", "RASOAT_WEB_PORTS"])
def test_bad_setting_stops_the_start(name: str) -> None:
    with pytest.raises(BadArgument, match=name):
        GuardMiddleware.from_crawler(crawler_with(**{name: "khong phai"}))
