"""What DNS can and cannot say about a name below a wildcard."""

import dns.flags
import dns.message
import dns.name
import dns.rdatatype
import dns.rrset
import pytest

from crawler.discovery.messages import Said, say
from crawler.discovery.wildcards import Table, differs

NAME = dns.name.from_text("th-a.haiphong.edu.vn")


def said(*records: str, kind: str = "A", rcode: str = "NOERROR", authority: tuple[str, ...] = ()) -> Said:
    """What a message with these answer records says; a record is "owner type value"."""
    message = dns.message.make_response(dns.message.make_query(NAME, kind))
    message.set_rcode(dns.rcode.from_text(rcode))
    for section, lines in ((message.answer, records), (message.authority, authority)):
        for line in lines:
            owner, type_, value = line.split(" ", 2)
            section.append(dns.rrset.from_text(owner, 60, "IN", type_, value))
    return say(dns.message.from_wire(message.to_wire()), NAME, dns.rdatatype.from_text(kind))


SOA = "haiphong.edu.vn. SOA ns.x. a.x. 1 1 1 1 1"


def wild(kind: str, *answers: Said) -> Table:
    table = Table()
    for one in answers:
        table.learn(kind, one)
    return table


@pytest.mark.parametrize(
    ("table", "answer", "verdict"),
    [
        (Table(), said(rcode="NXDOMAIN", authority=(SOA,)), "absent"),
        (Table(), said(f"{NAME} A 1.2.3.4"), "present"),
        (Table(), said(authority=(SOA,)), "present"),  # no address, but it is there
        (Table(), said(f"{NAME} CNAME gone.x.", rcode="NXDOMAIN"), "present"),  # dangling: the alias exists
        (Table(), said(rcode="SERVFAIL"), "unknown"),
        (Table(), None, "unknown"),
        (wild("A", said(f"{NAME} A 1.1.1.1")), said(f"{NAME} A 1.1.1.1"), "same"),
        (wild("A", said(f"{NAME} A 1.1.1.1")), said(f"{NAME} A 2.2.2.2"), "present"),
        (wild("A", said(f"{NAME} A 1.1.1.1")), said(authority=(SOA,)), "present"),
        (wild("A", said(f"{NAME} CNAME w.x.")), said(f"{NAME} CNAME w.x."), "same"),
        (wild("A", said(authority=(SOA,))), said(authority=(SOA,)), "same"),  # a wildcard of another type
        (wild("A", said(authority=(SOA,))), said(f"{NAME} A 1.1.1.1"), "present"),
        (wild("A", said(f"{NAME} A 1.1.1.1"), said(f"{NAME} A 1.1.1.2")), said(f"{NAME} A 1.1.1.2"), "same"),
    ],
)
def test_a_guess_is_judged_by_the_whole_message(table: Table, answer: Said | None, verdict: str) -> None:
    assert table.judge(NAME, "A", answer) == verdict


def test_a_signature_tells_a_true_host_on_the_wildcard_s_own_address() -> None:
    table = wild("A", said(f"{NAME} A 1.1.1.1"))
    signature = f"{NAME} RRSIG A 13 {{}} 60 20300101000000 20200101000000 1 haiphong.edu.vn. AAAA"
    assert table.judge(NAME, "A", said(f"{NAME} A 1.1.1.1", signature.format(4))) == "present"
    assert table.judge(NAME, "A", said(f"{NAME} A 1.1.1.1", signature.format(3))) == "same"


def test_another_type_tells_too() -> None:
    table = wild("A", said(f"{NAME} A 1.1.1.1"))
    table.learn("TXT", said(kind="TXT", authority=(SOA,)))
    assert not differs(table, [("TXT", said(kind="TXT", authority=(SOA,))), ("MX", None)])
    assert differs(table, [("TXT", said(f'{NAME} TXT "x"', kind="TXT"))])


def test_a_referral_says_nothing_about_the_name() -> None:
    found = said(authority=("haiphong.edu.vn. NS ns.haiphong.edu.vn.",))
    assert found.exists is None
    assert found.referral == dns.name.from_text("haiphong.edu.vn")


def test_a_circle_of_aliases_is_told() -> None:
    found = said(f"{NAME} CNAME b.x.", f"b.x. CNAME {NAME}")
    assert found.loop
    assert found.exists
