"""Coded strings in scripts are worked out on paper, in bounded time, and nothing else changes."""

import base64
import time

import pytest

from crawler.page.decode import MAX_TEXT, reveal
from crawler.page.scripts import read

TARGET = "https://xyz.example/vao?a=1"
CODES = ",".join(str(ord(letter)) for letter in TARGET)
BASE64 = base64.b64encode(TARGET.encode()).decode()
PERCENT = "".join(f"%{ord(letter):02x}" for letter in TARGET)
ESCAPED = "".join(f"\\x{ord(letter):02x}" for letter in TARGET)
INNER = base64.b64encode(f"location.replace('{TARGET}')".encode()).decode()


@pytest.mark.parametrize(
    "script",
    [
        f"location.href = atob('{BASE64}');",
        f"var u = window.atob('{BASE64}'); setTimeout(function () {{ location = u; }}, 10);",
        f"eval(atob('{INNER}'))",
        f"new Function(atob('{INNER}'))()",
        f"location.replace(String.fromCharCode({CODES}))",
        f"location.replace(String.fromCharCode.apply(null, [{CODES}]))",
        f"window['location']['href'] = unescape('{PERCENT}')",
        f"location.assign(decodeURIComponent('{PERCENT}'))",
        f"location.href = '{TARGET[::-1]}'.split('').reverse().join('')",
        f'location.href = "{ESCAPED}"',
        "location.href = ['https:/', '/xyz.ex', 'ample/vao?a=1'].join('')",
        "var a = 'https://xyz', b = '.example'; location.href = a + b + '/vao?a=1';",
        f"location.href = '{TARGET.replace('x', 'x#')}'.replace(/#/g, '')",
        f"location.href = '{TARGET.replace('a', '@@')}'.split('@@').join('a')",
    ],
)
def test_redirects_behind_codes_are_found(script: str) -> None:
    found = read(script)
    assert TARGET in (*found.redirects, *found.decoded_redirects)


def test_markup_that_is_written_out_of_codes_is_told() -> None:
    markup = '<a href="https://xyz.example/">nha cai</a>'
    code = "".join(f"%{ord(letter):02x}" for letter in markup)
    assert read(f"document.write(unescape('{code}'))").written == markup


@pytest.mark.parametrize(
    "script",
    [
        "var a = 1 + 2;",
        "function f(x) { return x.split(',').join(';'); }",
        "atob(name)",
        "location.href = '/home';",
        "",
    ],
)
def test_other_scripts_stay_as_they_are(script: str) -> None:
    assert reveal(script) == script
    assert read(script).decoded_redirects == ()


@pytest.mark.parametrize(
    "hostile",
    [
        "atob(" * 40_000,
        '["a",' * 40_000,
        '"a"+' * 50_000,
        'var a="x";' * 20_000 + "a+b",
        "String.fromCharCode(" + "1," * 90_000,
        "'" * 199_000,
        '"' + '\\"' * 99_000,
        "eval('" * 30_000,
        'a="b".replace("b","bb")+' * 8_000,
    ],
)
def test_hostile_scripts_cost_little(hostile: str) -> None:
    start = time.process_time()
    assert len(reveal(hostile + " atob")) <= 2 * MAX_TEXT
    assert time.process_time() - start < 10
