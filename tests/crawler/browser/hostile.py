"""Pages that mean harm, as scripts and as answers of a server."""

import asyncio

from tests.crawler.download.raw_server import page

SCRIPTS = {
    "alerts": "while (true) alert('x')",
    "stubborn": "while (true) try { alert('x') } catch {}",
    "prints": "setInterval(() => print(), 1); for (;;) print()",
    "eater": "const a = []; for (;;) a.push(new Array(1e6).fill(Math.random()))",
    "buffers": "const a = []; setInterval(() => { const b = new Uint8Array(1e8); b.fill(1); a.push(b) }, 1)",
    "hops": "setInterval(() => { location.href = '/hop?' + Math.random() }, 1)",
    "windows": "for (let n = 0; n < 100; n++) window.open('/w' + n)",
    "canvas": "const c = document.createElement('canvas'); c.width = c.height = 3e4;"
    "c.getContext('2d').fillRect(0,0,3e4,3e4);"
    "document.body.append(c)",
    "leave": "addEventListener('beforeunload', e => { e.preventDefault(); e.returnValue = 'x' }); location = '/x'",
    "grows": "setInterval(() => { for (let n = 0; n < 500; n++) "
    "document.body.append(document.createElement('div')) }, 1)",
    "closes": "window.close(); setInterval(() => window.close(), 1)",
    "busy": "for (;;);",
    "frames": "for (let n = 0; n < 200; n++) document.body.append(Object.assign(document.createElement('iframe'), "
    "{srcdoc: '<script>for(let i=0;i<3;i++)parent.open()<' + '/script>x'}))",
    "worker": "navigator.serviceWorker.register('/sw.js'); new Worker(URL.createObjectURL(new Blob(['for(;;);'])))",
    "rtc": "document.title = typeof RTCPeerConnection",
    "asks": "navigator.geolocation.getCurrentPosition(() => {}); Notification.requestPermission()",
    "writes": "setInterval(() => document.write('<p>'.repeat(1000)), 1)",
    "fills": "for (let n = 0; n < 2000; n++) fetch('/f' + n)",
    "form": "document.body.innerHTML = '<form method=post action=/login><input name=a></form>';"
    "document.forms[0].submit()",
    "deep": "let e = document.body; for (let n = 0; n < 50000; n++) e = e.appendChild(document.createElement('div'))",
}


async def answer(path: str, writer: asyncio.StreamWriter) -> None:
    name = path.strip("/").partition("?")[0]
    if name == "endless":
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<p>some")
        for _ in range(400):
            writer.write(b"<p>more")
            await writer.drain()
            await asyncio.sleep(0.05)
    elif name == "never":
        await asyncio.sleep(60)
    elif name == "slow":
        writer.write(
            page(b"<body>cham<script async src=/never></script><img src=/never><link rel=stylesheet href=/never>")
        )
    elif name == "download":
        writer.write(page(b"MZ" * 1000, "application/x-msdownload", "Content-Disposition: attachment; filename=a.exe"))
    elif name == "pdf":
        writer.write(page(b"%PDF-1.4", "application/pdf"))
    elif name == "saves":
        writer.write(page(b"<body>luu<script>location.href = '/download'</script>"))
    elif name == "refresh":
        writer.write(page(b"<meta http-equiv=refresh content=0>lai"))
    elif name == "bounce":
        writer.write(page(b"", "text/html", "Location: /bounce", status="302 Found"))
    else:
        writer.write(page(f"<!doctype html><body>trang {name}<script>{SCRIPTS.get(name, '')}</script>".encode()))


SERVED = ["endless", "never", "slow", "download", "pdf", "saves", "refresh", "bounce"]
