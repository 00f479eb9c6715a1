"""How a saved finding looks, on a screen and on paper."""

HEAD = """<!DOCTYPE html>
<html lang="vi">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src 'self'; style-src 'unsafe-inline'">
<meta name="referrer" content="no-referrer">
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
:root { --ink: #1c2330; --soft: #5b6678; --line: #dfe4ec; --paper: #fff; --red: #b3261e; --green: #1b6e3c; }
* { box-sizing: border-box; }
body { margin: 0; background: #eef1f6; color: var(--ink);
  font: 16px/1.55 system-ui, "Segoe UI", "Noto Sans", sans-serif; }
main { max-width: 960px; margin: 24px auto; background: var(--paper); border: 1px solid var(--line);
  border-radius: 10px; overflow: hidden; }
header { padding: 28px 36px 22px; border-top: 8px solid #8a6d1d; border-bottom: 1px solid var(--line); }
header.critical, header.high { border-top-color: var(--red); }
header p { margin: 0; }
h1 { margin: 4px 0 6px; font-size: 30px; line-height: 1.2; }
.kind { color: var(--soft); letter-spacing: .02em; }
.unit { font-size: 19px; font-weight: 600; }
.unit span { color: var(--soft); font-weight: 400; margin-left: 8px; }
.tags { padding-top: 12px; }
.tags b { display: inline-block; font-size: 14px; font-weight: 600; background: #f1f3f8; border-radius: 99px;
  padding: 2px 12px; margin: 0 4px 4px 0; }
header.critical .tags b:first-child, header.high .tags b:first-child { background: var(--red); color: #fff; }
section { padding: 20px 36px; border-bottom: 1px solid var(--line); }
section:last-child { border-bottom: 0; }
h2 { margin: 0 0 12px; font-size: 20px; }
table { border-collapse: collapse; width: 100%; }
th { text-align: left; font-weight: 600; }
.facts th { width: 190px; color: var(--soft); font-weight: 400; vertical-align: top; padding: 4px 12px 4px 0; }
.facts td { padding: 4px 0; overflow-wrap: anywhere; }
.list th, .list td { padding: 6px 10px 6px 0; border-bottom: 1px solid var(--line); vertical-align: top;
  overflow-wrap: anywhere; }
.list th { color: var(--soft); font-size: 14px; }
.files { font-size: 13px; margin-top: 14px; }
.files td:nth-child(2) { text-align: right; padding-right: 16px; white-space: nowrap; }
tr.shown td:nth-child(2) { color: var(--red); font-weight: 600; }
tr.not_looked_at td { color: var(--soft); }
.do { background: #fff6e5; border-left: 4px solid #d99a1c; padding: 10px 14px; margin: 0 0 10px; }
figure { margin: 0 0 18px; }
figcaption { color: var(--soft); font-size: 14px; margin-bottom: 4px; }
blockquote { margin: 0; padding: 8px 14px; border-left: 4px solid var(--red); background: #fdf3f2; font-size: 17px;
  overflow-wrap: anywhere; }
.to { margin: 6px 0; }
pre { margin: 8px 0 0; padding: 10px 14px; background: #f6f8fb; border: 1px solid var(--line); border-radius: 6px;
  font: 13px/1.5 ui-monospace, "DejaVu Sans Mono", monospace; white-space: pre-wrap; overflow-wrap: anywhere;
  max-height: 260px; overflow: auto; }
mark { background: #ffd54a; padding: 0 2px; border-radius: 2px; }
code { font: .88em ui-monospace, "DejaVu Sans Mono", monospace; overflow-wrap: anywhere; }
.shot div { max-height: 900px; overflow: auto; border: 1px solid var(--line); border-radius: 6px; }
.shot img { max-width: 100%; display: block; }
ol { margin: 4px 0 14px; padding-left: 24px; }
small { color: var(--soft); }
.note { color: var(--soft); font-size: 14px; margin: 8px 0 0; }
.good { color: var(--green); font-weight: 600; margin-top: 0; }
.bad { color: var(--red); font-weight: 600; margin: 0; }
@media print { body { background: #fff; } main { margin: 0; border: 0; max-width: none; }
  pre, .shot div { max-height: none; }
  figure, tr { break-inside: avoid; } .shot { break-inside: auto; } }
@media (max-width: 640px) { section, header { padding-left: 18px; padding-right: 18px; } .facts th { width: 120px; } }
</style>
"""
