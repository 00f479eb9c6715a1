"""Response -> Page; pure. ``extract`` reads pages, ``sitemap.read`` and ``robots.read`` the two kinds of clue files."""

from crawler.page.extract import extract

__all__ = ["extract"]
