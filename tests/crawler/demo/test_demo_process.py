import json
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest


def start(*arguments: str) -> tuple[subprocess.Popen, dict]:
    process = subprocess.Popen(
        [sys.executable, "-m", "crawler.demo", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    return process, json.loads(process.stdout.readline())


@pytest.mark.parametrize("way", ["end of input", "SIGTERM"])
def test_the_province_serves_in_a_process_of_its_own_and_stops(way: str, tmp_path: Path):
    process, facts = start("--register", str(tmp_path / "r.csv"), "--truth", str(tmp_path / "t.json"))
    with process:
        assert facts["units"] >= 40
        assert facts["pages"] >= 3000
        assert facts["environment"]["RASOAT_NAMESERVERS"] == facts["nameserver"]
        assert f":{facts['port']}" in (tmp_path / "r.csv").read_text(encoding="utf-8")
        assert json.loads((tmp_path / "t.json").read_text(encoding="utf-8"))["violations"]
        request = urllib.request.Request(
            f"http://127.77.1.1:{facts['port']}/", headers={"Host": "thcs-hoaphuongdo.haiphong.edu.vn"}
        )
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=5) as reply:
            assert "Trường THCS Hoa Phượng Đỏ" in reply.read().decode()
        if way == "SIGTERM":
            process.send_signal(signal.SIGTERM)
        else:
            process.stdin.close()
        last = json.loads(process.stdout.readline())
        assert process.wait(timeout=10) == 0
    assert last["canary"] == 0
    assert last["visits"] == {"127.77.1.1": 1}
    assert last["peak"] == {"127.77.1.1": 1}
