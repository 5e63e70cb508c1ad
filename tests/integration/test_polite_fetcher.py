"""Pages are fetched only where robots.txt allows it, slowly, and never after a refusal. Each proof has a control that must fail."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from datetime import timedelta
from ipaddress import ip_address
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import pytest

from foresell.enrichment import fetcher as fetching
from foresell.enrichment.address_guard import AddressGuard, AddressRefused, is_public
from foresell.enrichment.fetcher import HostState, KnownPage, PoliteFetcher
from tests.support.fixture_site import FixtureSite, KeptHosts, Reply, SimulatedClock, local_guard

PAGE = b"<html><head><title>Bakery</title></head><body>Bread.</body></html>"
OURS = "User-agent: Foresell\n"
#: robots.txt (None: 404; a number: that status), {beginning of a path: whether it is allowed}, seconds between calls.
ROBOTS: list[tuple[str | int | None, dict[str, bool], float]] = [
    (None, {"/a/": True}, 5),
    (410, {"/a/": True}, 5),
    (401, {"/a/": False}, 5),
    (403, {"/a/": False}, 5),
    (429, {"/a/": False}, 5),
    (500, {"/a/": False}, 5),
    (503, {"/a/": False}, 5),
    ("", {"/a/": True}, 5),
    ("User-agent: *\nDisallow:\n", {"/a/": True}, 5),
    ("User-agent: *\nDisallow: /\n", {"/a/": False}, 5),
    ("User-agent: *\nDisallow: /a/\n", {"/a/": False, "/b/": True, "/A/": True}, 5),
    ("User-agent: *\nDisallow: /a\nAllow: /a/b\n", {"/a/c/": False, "/a/b/": True, "/c/": True}, 5),
    ("User-agent: *\nAllow: /a/\nDisallow: /a/\n", {"/a/": True}, 5),  # the least restrictive of equal rules
    ("User-agent: *\nDisallow: /\nAllow: /open/\n", {"/open/": True, "/a/": False}, 5),
    (OURS + "Disallow: /a/\n\nUser-agent: *\nDisallow: /b/\n", {"/a/": False, "/b/": True}, 5),
    ("User-agent: fOREsell\nDisallow: /a/\n", {"/a/": False, "/b/": True}, 5),
    ("User-agent: Other\nDisallow: /\n", {"/a/": True}, 5),
    ("User-agent: Other\nUser-agent: Foresell\nDisallow: /a/\n", {"/a/": False, "/b/": True}, 5),
    (OURS + "Disallow: /a/\n\n" + OURS + "Disallow: /b/\n", {"/a/": False, "/b/": False, "/c/": True}, 5),
    ("User-agent: *\nDisallow: /*.php\n", {"/x.php?": False, "/a/": True}, 5),
    ("User-agent: *\nDisallow: /*/private\n", {"/a/private": False, "/a/": True}, 5),
    ("User-agent: *\nDisallow: /a/?page=\n", {"/a/?page=": False, "/a/?sort=": True}, 5),
    ("User-agent: *\nDisallow: /caf%C3%A9/\n", {"/caf%C3%A9/": False, "/cafe/": True}, 5),
    ("# hello\nUser-agent: * # all\nDisallow: /a/ # not this\n", {"/a/": False, "/b/": True}, 5),
    ("\ufeffUser-agent: *\r\nDisallow: /a/\r\n", {"/a/": False, "/b/": True}, 5),
    ("User-agent: *\rDisallow: /a/\r", {"/a/": False, "/b/": True}, 5),
    ("nonsense\nUser-agent: *\nfoo: bar\nDisallow: /a/\n", {"/a/": False, "/b/": True}, 5),
    ("Sitemap: http://x/\nUser-agent: *\nDisallow: /a/\n", {"/a/": False, "/b/": True}, 5),
    ("User-agent: *\nCrawl-delay: 12\nDisallow: /a/\n", {"/a/": False, "/b/": True}, 12),
    ("User-agent: *\nCrawl-delay: 1\n", {"/b/": True}, 5),
    (OURS + "Crawl-delay: 7.5\n\nUser-agent: *\nCrawl-delay: 20\n", {"/b/": True}, 7.5),
    ("User-agent: *\nCrawl-delay: 9999\n", {"/b/": False}, 9999),
    (OURS + "Disallow: /a/\n" + "# " + "x" * 600_000 + "\nDisallow: /never-read/\n", {"/a/": False, "/b/": True}, 5),
]  # fmt: skip
URLS = 10_000


def answer_robots(host: str, path: str) -> Reply:
    if path != "/robots.txt":
        return 200, PAGE, {}
    rules = ROBOTS[int(host[1:])][0]
    if isinstance(rules, str):
        return 200, rules.encode(), {"Content-Type": "text/plain"}
    return (404 if rules is None else rules), b"", {}


def crawl(site: FixtureSite, make: type[PoliteFetcher], urls: int) -> tuple[int, int, int]:
    """(disallowed fetches, calls too early, pages fetched) of a fetcher, as the site saw them."""
    store = KeptHosts()
    for number in range(len(ROBOTS)):
        site.allow(store, f"h{number}")
    random = Random(7)
    with make(store, local_guard(), site.clock) as fetcher:
        for requested in range(urls):
            number = random.randrange(len(ROBOTS))
            beginning = random.choice(list(ROBOTS[number][1]))
            fetcher.fetch(site.url(f"h{number}", f"{beginning}{requested}"))
    disallowed = early = pages = 0
    for number, (_, allowed, pause) in enumerate(ROBOTS):
        hits = [hit for hit in site.hits if hit.host == f"h{number}"]
        early += sum(b.at - a.at < timedelta(seconds=pause) for a, b in pairwise(hits))
        for hit in site.pages_of(f"h{number}"):
            pages += 1
            disallowed += not allowed[max((each for each in allowed if hit.path.startswith(each)), key=len)]
    return disallowed, early, pages


class Impatient(PoliteFetcher):
    """The control: it waits a second less."""

    def pause(self, state: HostState) -> float:
        return super().pause(state) - 1


class Reckless(PoliteFetcher):
    """The control: it does not ask robots.txt about the page."""

    def may_fetch(self, state: HostState, url: str) -> bool:
        return True


@pytest.mark.parametrize(("make", "urls"), [(PoliteFetcher, URLS), (Impatient, 500), (Reckless, 500)])
def test_robots_and_pauses_are_kept(make: type[PoliteFetcher], urls: int) -> None:
    with FixtureSite(answer_robots, SimulatedClock()) as site:
        disallowed, early, pages = crawl(site, make, urls)
    assert (disallowed > 0, early > 0) == (make is Reckless, make is Impatient), (disallowed, early)
    assert pages > urls / 4, "most of what is allowed was fetched"


def test_robots_are_read_once_a_day() -> None:
    with FixtureSite(answer_robots, SimulatedClock()) as site:
        store = KeptHosts()
        site.allow(store, "h10")
        fetcher = PoliteFetcher(store, local_guard(), site.clock)
        for hours in (0, 1, 22, 2):
            site.clock.sleep(hours * 3600)
            assert fetcher.fetch(site.url("h10", "/b/")).status == "fetched"
        assert [hit.path for hit in site.hits].count("/robots.txt") == 2


CHALLENGES = [
    '<script src="/cdn-cgi/challenge-platform/h/b/orchestrate/jsch/v1"></script>',
    "<script>window._cf_chl_opt = {cvId: '3'};</script>",
    '<form id="challenge-form" class="cf-chl-form"></form>',
    '<div class="g-recaptcha" data-sitekey="x"></div>',
    '<script src="https://www.google.com/recaptcha/api.js"></script>',
    '<div class="h-captcha"></div>',
    '<iframe src="https://newassets.hcaptcha.com/captcha/v1/x"></iframe>',
    '<div id="px-captcha"></div>',
    '<script src="https://ct.captcha-delivery.com/c.js"></script>',
    '<div class="cf-turnstile"></div>',
]
NORMAL = [
    "<p>Our blog: how g-recaptcha, hCaptcha and px-captcha work, and what a challenge-platform is.</p>",
    '<form action="/contact"><input name="email"></form>',
    "<script>var challenge = 'baking'; var platform = 1;</script>",
    '<a href="https://www.google.com/recaptcha/about">about recaptcha</a><a href="/captcha">x</a>',
    '<script type="application/ld+json">{"@type":"Bakery","name":"Captcha Bakery"}</script>',
    '<div class="challenge-of-the-month">Bake-off</div>',
    "<p>Access denied to dogs. Error 403 was our first bread.</p>",
    '<meta name="description" content="We verify that you are human">',
    '<form class="newsletter"><input type="checkbox"> I am not a robot</form>',
    "<h1>429 Too Many Rolls</h1>",
]
STATUSES = (200, 403, 401, 429, 451)


def answer_challenges(host: str, path: str) -> Reply:
    number = int(host[1:])
    if path == "/robots.txt":
        return 404, b"", {}
    if host[0] == "n":
        return 200, f"<html><body>{NORMAL[number % 10]}<p>{number}</p></body></html>".encode(), {}
    status = STATUSES[number // 10]
    body = CHALLENGES[number % 10] if status == 200 or number % 2 else "Denied."
    return status, f"<html><body>{body}</body></html>".encode(), {}


class Stubborn(PoliteFetcher):
    """The control: it does not notice refusals."""

    def _stop(self, state: HostState, url: str, reason: str) -> Any:
        return fetching.Fetched(url, "fetched")


@pytest.mark.parametrize("make", [PoliteFetcher, Stubborn])
def test_a_challenge_stops_the_host_and_opens_a_task(make: type[PoliteFetcher]) -> None:
    with FixtureSite(answer_challenges, SimulatedClock()) as site:
        store = KeptHosts()
        fetcher = make(store, local_guard(), site.clock)
        for kind in "cn":
            for number in range(50):
                host = f"{kind}{number}"
                site.allow(store, host)
                for page in range(5):
                    fetcher.fetch(site.url(host, f"/{page}"))
        requested = [len(site.pages_of(f"c{number}")) for number in range(50)]
        kept = (max(requested) == 1, len(store.tasks) == 50, len({host for host, *_ in store.tasks}) == 50)
        assert kept == ((True,) * 3 if make is PoliteFetcher else (False,) * 3)
        assert [len(site.pages_of(f"n{number}")) for number in range(50)] == [5] * 50, "no false stop"


def test_a_host_that_refuses_is_left_alone_longer_each_time() -> None:
    with FixtureSite(answer_challenges, SimulatedClock()) as site:
        store = KeptHosts()
        site.allow(store, "c0")
        fetcher = PoliteFetcher(store, local_guard(), site.clock)
        for days in (1, 7, 30, 30):
            before = len(site.hits)
            assert fetcher.fetch(site.url("c0")).status == "refused"
            requested = len(site.hits)
            assert requested - before <= 2, "robots.txt and the page"
            site.clock.sleep(days * 86_400 - 20)
            assert fetcher.fetch(site.url("c0")).status == "closed"
            assert len(site.hits) == requested
            site.clock.sleep(40)
        assert len(store.tasks) == 4


def answer_pages(host: str, path: str) -> Reply:
    replies: dict[str, Reply] = {
        "/robots.txt": (200, b"User-agent: *\nDisallow: /hidden\n", {}),
        "/pdf": (200, b"%PDF", {"Content-Type": "application/pdf"}),
        "/large": (200, b"<html>" + b"x" * (3 << 20), {}),
        "/here": (302, b"", {"Location": "/page"}),
        "/away": (302, b"", {"Location": "http://elsewhere.example/"}),
        "/inward": (302, b"", {"Location": "http://127.0.0.1:1/"}),
        "/sly": (302, b"", {"Location": "/hidden"}),
        "/loop": (302, b"", {"Location": "/loop2"}),
        "/loop2": (302, b"", {"Location": "/loop"}),
        "/gone": (404, b"", {}),
        "/broken": (500, b"", {}),
        "/page": (200, PAGE, {"ETag": '"7"'}),
    }
    return replies[path]


@pytest.mark.parametrize(
    ("path", "status"),
    [("/page", "fetched"), ("/pdf", "not html"), ("/large", "too large"), ("/here", "fetched"), ("/away", "redirected"),
     ("/inward", "redirected"), ("/sly", "disallowed"), ("/loop", "redirected"), ("/gone", "missing"), ("/broken", "failed"),
     ("/hidden", "disallowed")],
)  # fmt: skip
def test_what_comes_of_a_page(path: str, status: str) -> None:
    with FixtureSite(answer_pages, SimulatedClock()) as site:
        store = KeptHosts()
        site.allow(store, "bakery.example")
        fetched = PoliteFetcher(store, local_guard(), site.clock).fetch(site.url("bakery.example", path))
        assert fetched.status == status
        assert {hit.host for hit in site.hits} == {"bakery.example"}
        assert "/hidden" not in [hit.path for hit in site.hits]


def test_we_say_who_we_are_and_ask_only_for_what_is_new() -> None:
    with FixtureSite(answer_pages, SimulatedClock()) as site:
        store = KeptHosts()
        site.allow(store, "bakery.example")
        fetcher = PoliteFetcher(store, local_guard(), site.clock)
        url = site.url("bakery.example", "/page")
        assert fetcher.fetch(url).etag == '"7"'
        store.pages[url] = KnownPage('"7"')
        fetcher.fetch(url)
        assert site.hits[-1].headers["If-None-Match"] == '"7"'
        assert site.hits[-1].headers["User-Agent"].endswith("(+https://shop.example/contact)")
        assert fetcher.fetch(site.url("other.example", "/page")).status == "not allowed"
        assert fetcher.fetch("file:///etc/passwd").status == "not allowed"
        assert fetcher.fetch("http://user:secret@bakery.example/").status == "not allowed"


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.0.0.1", "192.168.1.1", "172.16.0.1", "169.254.169.254", "0.1.2.3", "100.64.0.1", "224.0.0.1", "255.255.255.255",
     "::1", "::", "fe80::1", "fc00::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "2002:7f00:1::", "64:ff9b::7f00:1", "ff02::1",
     "2001:db8::1", "192.0.2.1"],
)  # fmt: skip
def test_addresses_that_are_not_public_are_refused(address: str) -> None:
    assert not is_public(ip_address(address))
    with pytest.raises(AddressRefused):
        AddressGuard(lambda host, port: ["93.184.215.14", address]).choose("mixed.example", 80)


def test_the_address_that_was_checked_is_connected_to() -> None:
    answers = iter([["127.0.0.1"], ["203.0.113.1"]])  # a name that changes its address after the check
    with FixtureSite(answer_pages, SimulatedClock()) as site:
        guard = AddressGuard(lambda host, port: next(answers), lambda address: str(address) == "127.0.0.1")
        store = KeptHosts()
        site.allow(store, "rebinding.example")
        assert PoliteFetcher(store, guard, site.clock).fetch(site.url("rebinding.example", "/page")).status == "failed"
        assert [hit.path for hit in site.hits] == ["/robots.txt"]


def test_public_addresses_are_allowed() -> None:
    assert AddressGuard(lambda host, port: ["93.184.215.14"]).choose("public.example", 80) == "93.184.215.14"


ROOT = Path(fetching.__file__).parents[1]
#: What would put something between us and the host, or give us another name.
EVASIVE = {
    "proxy",
    "proxies",
    "mounts",
    "proxy_url",
    "socks",
    "impersonate",
    "random_user_agent",
    "stealth",
    "rotate_user_agent",
}


def find_evasion(tree: ast.AST) -> list[str]:
    """Arguments, names and headers of a module that would serve to get around a refusal."""
    found = []
    for node in ast.walk(tree):
        names: Iterator[str | None] = iter(())
        if isinstance(node, ast.Call):
            names = (each.arg for each in node.keywords)
            if any(
                each.arg == "trust_env" and getattr(each.value, "value", None) is not False for each in node.keywords
            ):
                found.append("trust_env")
        elif isinstance(node, ast.Name | ast.Attribute | ast.arg | ast.alias):
            names = iter(
                [
                    getattr(node, "id", None)
                    or getattr(node, "attr", None)
                    or getattr(node, "arg", None)
                    or getattr(node, "name", None)
                ]
            )
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            names = iter(["proxy"] if "mozilla/" in node.value.lower() or node.value.upper().endswith("_PROXY") else [])
        found += [name for name in names if name and name.lower() in EVASIVE]
        is_client = isinstance(node, ast.Call) and getattr(node.func, "attr", "") in (
            "Client",
            "AsyncClient",
            "HTTPTransport",
        )
        if is_client and "trust_env" not in [each.arg for each in node.keywords]:
            found.append("trust_env")
    return found


def test_no_way_around_a_refusal_can_be_reached() -> None:
    files = [*(ROOT / "enrichment").glob("*.py"), *(ROOT / "sources").rglob("*.py"), ROOT / "workflows" / "websites.py"]
    assert len(files) > 30
    assert {file.name: found for file in files if (found := find_evasion(ast.parse(file.read_text())))} == {}


@pytest.mark.parametrize(
    "planted",
    ["httpx2.Client(proxy='http://x', trust_env=False)", "httpx2.Client()", "httpx2.Client(trust_env=True)",
     "headers = {'User-Agent': 'Mozilla/5.0'}", "os.environ['HTTPS_PROXY']", "def f(proxies): ...", "c.proxy = 1"],
)  # fmt: skip
def test_a_planted_way_around_is_found(planted: str) -> None:
    assert find_evasion(ast.parse(planted))
