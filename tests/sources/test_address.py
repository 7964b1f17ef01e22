from __future__ import annotations

import ipaddress

import pytest

from happysad.errors import SourceError
from happysad.sources.address import check, is_public, parse


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.org/a.jpg",
        "file:///etc/passwd",
        "//example.org/a.jpg",
        "http://example.org:8080/a.jpg",
        "http://example.org:99999/a.jpg",
        "http://user@example.org/a.jpg",
        "http://user:word@example.org/a.jpg",
        "http://example.org\\@127.0.0.1/",
        "http://example.org/a\nb.jpg",
        "http://example.org/a b.jpg",
        "http://exam\tple.org/",
        "http://example.org/\x7f",
        "http:///a.jpg",
        "http://[::1",
        "http://[fe80::1%25eth0]/",
        "http://exa mple.org/",
        "http://example..org/",
        "http://-example.org/",
        "http://" + "a" * 64 + ".org/",
        "http://127.0.0.1%2f.example.org/",
        "http://example.org/" + "a" * 9000,
    ],
)
def test_t16_urls_of_another_kind_are_refused(url: str) -> None:
    with pytest.raises(SourceError) as caught:
        parse(url)
    assert caught.value.code == "url_refused"
    assert caught.value.source == url


@pytest.mark.parametrize(
    "host",
    [
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "0177.0.0.1",
        "127.1",
        "127.0.1",
        "127.0.0.01",
        "0",
        "1.2.3.4.5",
        "１２７.０.０.１",
        "127。0。0。1",
        "①②⑦.0.0.1",
        "example.0x7f",
        "127.0.0.1.",
    ],
)
def test_t17_numbers_in_unusual_spellings_are_refused(host: str) -> None:
    with pytest.raises(SourceError, match="url_refused"):
        parse(f"http://{host}/a.jpg", any_port=True)


def test_t19_the_path_and_the_query_are_kept() -> None:
    target = parse("HTTP://Example.ORG/ä/%20x.jpg?a=1&b=%2F;c=[ü]#part")
    assert (target.scheme, target.host, target.port) == ("http", "example.org", 80)
    assert target.path == "/%C3%A4/%20x.jpg?a=1&b=%2F;c=[%C3%BC]"
    assert target.url == "http://example.org" + target.path
    assert parse("https://bücher.example").url == "https://xn--bcher-kva.example/"
    assert parse("https://[2001:4860::8888]:443/").url == "https://[2001:4860::8888]/"
    assert parse("http://a.example:9/", any_port=True).url == "http://a.example:9/"


PRIVATE = [
    "0.0.0.0",
    "10.1.2.3",
    "100.64.0.1",
    "127.0.0.1",
    "169.254.169.254",
    "172.16.0.1",
    "192.0.0.8",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.0.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.1.1.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:8.8.8.8",
    "::ffff:127.0.0.1",
    "::8.8.8.8",
    "64:ff9b::808:808",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:10::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "3fff::1",
    "fc00::1",
    "fd12::1",
    "fe80::1",
    "fec0::1",
    "ff02::1",
]


@pytest.mark.parametrize("text", PRIVATE)
def test_t17_addresses_off_the_public_net_are_refused(text: str) -> None:
    address = ipaddress.ip_address(text)
    assert not is_public(address)
    with pytest.raises(SourceError) as caught:
        check(address, "http://name.example/")
    assert caught.value.code == "url_refused"
    assert text not in caught.value.message


@pytest.mark.parametrize("text", ["8.8.8.8", "93.184.216.34", "2606:4700::1111", "2a00:1450::1"])
def test_t17_public_addresses_pass(text: str) -> None:
    check(ipaddress.ip_address(text), "http://name.example/")


def test_t17_allow_private_opens_ones_own_network_and_no_more() -> None:
    for text in ("127.0.0.1", "::1", "10.0.0.1", "100.64.0.1", "fd12::1", "169.254.1.1"):
        check(ipaddress.ip_address(text), "http://name.example/", allow_private=True)
    for text in ("0.0.0.0", "224.0.0.1", "::", "ff02::1"):
        with pytest.raises(SourceError):
            check(ipaddress.ip_address(text), "http://name.example/", allow_private=True)
