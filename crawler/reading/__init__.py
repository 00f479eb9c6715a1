"""Where a page is read: small ones in the crawl itself, large ones in processes beside it."""
