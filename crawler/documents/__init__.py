"""Documents: PDF and Office files (and the ones in a zip) read for text, links and metadata, behind a wall.

The libraries that read them were not made for hostile files, so none of them runs in the crawler. The crawler
(``reader``) hands a document to a process of its own (``mother``), which has the libraries ready and forks a child
for it (``child``); the child has little memory, little time and nothing but the document, and says what it reads in
lines (``scribe``, ``formats``) that are checked before anybody believes them (``reading``).
"""
