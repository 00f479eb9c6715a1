"""Finds hosts that nobody registered: zones, records, links and names, asked politely and judged strictly."""
