"""Pages that stand before a site: captchas, cookies by script, maintenance."""

from __future__ import annotations

from crawler.demo.model import Host, Reply, Request
from crawler.demo.render import SERVER
from crawler.demo.site import Site

ASKS_AFTER = 15

_CAPTCHA = """<!doctype html><html lang="vi"><head><meta charset="utf-8"><title>Xác minh truy cập</title>
<script src="https://captcha-demo.example/recaptcha/api.js" async></script></head><body>
<h1>Vui lòng xác minh bạn không phải là người máy</h1>
<p>Hệ thống nhận thấy lưu lượng bất thường từ mạng của bạn. Hãy hoàn thành bước kiểm tra dưới đây để tiếp tục.</p>
<form method="post"><div class="g-recaptcha" data-sitekey="6Lc"></div><input type="submit" value="Tiếp tục"></form>
</body></html>"""
_CHALLENGE = """<!DOCTYPE html><html lang="en-US"><head><title>Just a moment...</title>
<meta name="robots" content="noindex,nofollow"></head><body><div class="main-wrapper"><h1>{host}</h1>
<h2>Checking if the site connection is secure</h2><p>{host} needs to review the security of your connection before
proceeding. Enable JavaScript and cookies to continue.</p></div>
<script>(function(){{window._opt={{cType:'managed'}};var a=document.createElement('script');
a.src='/cdn-cgi/challenge-platform/h/b/orchestrate/v1';document.head.appendChild(a);}}());</script></body></html>"""
_COOKIE = (
    '<html><body><script>document.cookie="D1N={mark}"+"; expires=Fri, 31-Dec-2099 23:59:59 GMT; path=/";'
    "window.location.reload(true);</script></body></html>"
)
_MAINTENANCE = """<!doctype html><html lang="vi"><head><meta charset="utf-8"><title>Thông báo</title></head>
<body style="text-align:center"><img src="/images/bao-tri.png" alt=""><h1>Website đang bảo trì</h1>
<p>Chúng tôi đang nâng cấp hệ thống để phục vụ quý vị tốt hơn. Xin vui lòng quay lại sau!</p></body></html>"""


def captcha(host: Host, to: str) -> None:
    """Every address answers 200 with a captcha."""
    host.fallback = lambda request: Reply(_CAPTCHA, headers=[SERVER])


def captcha_403(host: Host, to: str) -> None:
    """Every address answers 403 with a check of the browser."""
    host.fallback = lambda request: Reply(_CHALLENGE.format(host=request.host), 403, [("Server", "cloudflare")])


def cookie_wall(host: Host, to: str) -> None:
    """Every address answers 200 with a script that sets a cookie and loads the page again."""

    def answer(request: Request) -> Reply:
        return Reply(_COOKIE.format(mark=f"{request.visit:032x}"), headers=[SERVER])

    host.fallback = answer


def maintenance(host: Host, to: str) -> None:
    """Every address answers 200 with the same notice."""
    host.fallback = lambda request: Reply(_MAINTENANCE, headers=[SERVER])


def asks_later(host: Host, site: Site) -> None:
    """A site that shows a captcha instead of its pages once somebody has read too much."""
    host.wrap = lambda request, reply: Reply(_CAPTCHA, headers=[SERVER]) if request.visit > ASKS_AFTER else reply
