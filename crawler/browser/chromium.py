"""Finding Chromium and starting it so that it can do no harm: sandboxed, never as root, deaf to its vendor."""

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from scrapy.settings import BaseSettings

from crawler.browser.order import BrowserMissing

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
NOBODY = 65534
_WITHOUT = (
    "what scripts bring in, what only a click or a delay shows, and what pages look like cannot be seen without it"
)
_FLAGS = (
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--no-pings",
    "--dns-prefetch-disable",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",  # names are the proxy's business
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--disable-blink-features=AutomationControlled",  # many cloaks ask for it first
    # One process a page: a context holds nothing that one of its frames could steal from another.
    "--disable-site-isolation-trials",
    "--js-flags=--max-old-space-size=512",
    "--mute-audio",
    "--hide-scrollbars",
)
# Runs as root and becomes nobody before any of Chromium's code runs; the profile is Playwright's, made by root.
_WRAPPER = """#!/bin/sh
for each in "$@"; do
    case "$each" in --user-data-dir=*) profile="${each#--user-data-dir=}" ;; esac
done
chown -R @ID@:@ID@ "$profile"
export HOME="$profile" XDG_CONFIG_HOME="$profile" XDG_CACHE_HOME="$profile"
cd /
exec setpriv --reuid=@ID@ --regid=@ID@ --clear-groups --inh-caps=-all -- "$RASOAT_CHROMIUM" "$@"
"""


def find(settings: BaseSettings) -> str:
    """The executable that ``RASOAT_BROWSER`` names, or the system's; raises ``BrowserMissing``."""
    named = str(settings.get("RASOAT_BROWSER") or "")
    if named:
        if found := shutil.which(named):
            return found
        raise BrowserMissing(f"RASOAT_BROWSER: {named!r} is no program; {_WITHOUT}")
    for name in NAMES:
        if found := shutil.which(name):
            return found
    raise BrowserMissing(f"no Chromium on this machine (apt-get install chromium, or RASOAT_BROWSER): {_WITHOUT}")


class Chromium:
    """How Chromium is to be launched; ``close`` removes the wrapper."""

    def __init__(self, executable: str, *, no_sandbox: bool = False) -> None:
        self._executable = executable
        self._no_sandbox = no_sandbox
        self._folder: Path | None = None

    @classmethod
    def from_settings(cls, settings: BaseSettings) -> "Chromium":
        """Raises ``BrowserMissing`` where there is no browser, or none that may be started."""
        found = find(settings)
        if os.geteuid() == 0 and not shutil.which("setpriv"):
            raise BrowserMissing("as root Chromium needs setpriv (apt-get install util-linux) to run as nobody")
        return cls(found, no_sandbox=settings.getbool("RASOAT_BROWSER_NO_SANDBOX"))

    def options(self, proxy: str) -> dict[str, Any]:
        """What ``BrowserType.launch`` takes. ``proxy`` without credentials refuses what Chromium asks on its own."""
        return {
            "executable_path": self._program(),
            "chromium_sandbox": not self._no_sandbox,
            "headless": True,
            "args": list(_FLAGS),
            "proxy": {"server": proxy},
            "env": {**_environment(), "RASOAT_CHROMIUM": self._executable},
            "handle_sigint": False,
            "handle_sigterm": False,
            "handle_sighup": False,
            "timeout": 30_000,
        }

    def close(self) -> None:
        """Remove what was written for the launch."""
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def _program(self) -> str:
        if os.geteuid() != 0:
            return self._executable
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="rasoat-browser-"))
            program = self._folder / "chromium"
            program.write_text(_WRAPPER.replace("@ID@", str(NOBODY)), encoding="ascii")
            program.chmod(0o700)
        return str(self._folder / "chromium")


def explain(fault: Exception, *, root: bool) -> BrowserMissing:
    """Say what a failed launch means for a person."""
    text = str(fault)
    if "sandbox" in text.lower():
        who = "nobody" if root else "this user"
        return BrowserMissing(
            f"Chromium finds no sandbox for {who} (apt-get install chromium-sandbox, or allow user namespaces); "
            f"RASOAT_BROWSER_NO_SANDBOX=1 runs it without one; {_WITHOUT}"
        )
    return BrowserMissing(f"Chromium does not start: {text.strip().splitlines()[0][:200] if text.strip() else fault!r}")


def _environment() -> dict[str, str]:
    """Nothing of ours: no credentials, no addresses of databases."""
    kept = ("PATH", "LANG", "LC_ALL", "TZ", "HOME", "TMPDIR", "DISPLAY", "FONTCONFIG_PATH")
    return {name: os.environ[name] for name in kept if name in os.environ}
