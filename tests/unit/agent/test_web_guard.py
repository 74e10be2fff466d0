"""What every request must pass: Host, method, query string, size; and what every answer carries."""

import pytest

from tests.unit.agent.fakes import CHALLENGE, ORIGIN, Site

PATHS = ["/v1/hello", "/v1/popup", "/v1/authenticate", "/v1/popup/authenticate", "/nowhere", "/"]


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "[::1]"])
async def test_names_of_this_computer_are_hosts(site: Site, name: str) -> None:
    reply = await site.raw("GET /v1/hello HTTP/1.1", f"Host: {name}:{site.port}")
    assert reply.status == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example:{port}", "localhost.evil.example:{port}", "127.0.0.1.nip.example:{port}", "localhost",
        "127.0.0.1",
        "localhost:1", "localhost:0{port}", "LOCALHOST:{port}", "localhost.:{port}", "127.1:{port}",
        "2130706433:{port}",
        "0.0.0.0:{port}", "[::]:{port}", "[0:0:0:0:0:0:0:1]:{port}", "::1:{port}", "user@localhost:{port}",
        "localhost:{port}/",
        "localhost:{port},evil.example", "",
    ],
)  # fmt: skip
@pytest.mark.parametrize("path", PATHS)
async def test_dns_rebinding_by_another_host_name_is_refused(site: Site, path: str, host: str) -> None:
    reply = await site.raw(f"GET {path} HTTP/1.1", f"Host: {host.format(port=site.port)}")
    assert reply.status in (400, 403)
    assert b'cardlogin",' not in reply.body
    assert b"page-token" not in reply.body
    assert not any(name.startswith("access-control-") for name in reply.headers)


@pytest.mark.parametrize("version", ["1.0", "1.1"])
async def test_request_without_host_is_refused(site: Site, version: str) -> None:
    reply = await site.raw(f"GET /v1/hello HTTP/{version}")
    assert reply.status in (400, 403)
    assert b"protocol" not in reply.body


async def test_two_host_headers_are_refused(site: Site) -> None:
    for second in ("evil.example", f"localhost:{site.port}"):
        reply = await site.raw("GET /v1/hello HTTP/1.1", site.host_line, f"Host: {second}")
        assert reply.status in (400, 403)


async def test_absolute_request_target_does_not_get_past_the_host_check(site: Site) -> None:
    reply = await site.raw("GET http://evil.example/v1/hello HTTP/1.1", f"Host: evil.example:{site.port}")
    assert reply.status in (400, 403)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "HEAD", "TRACE", "CONNECT", "PROPFIND"])
async def test_other_methods_are_refused(site: Site, method: str) -> None:
    reply = await site.raw(f"{method} /v1/hello HTTP/1.1", site.host_line)
    assert reply.status == 400
    assert b"protocol" not in reply.body


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/v1/hello"), ("GET", "/v1/authenticate"), ("OPTIONS", "/v1/hello"), ("POST", "/v1/popup")],
)
async def test_method_that_a_path_does_not_know_is_405(site: Site, method: str, path: str) -> None:
    assert (await site.ask(method, path)).status == 405


@pytest.mark.parametrize("path", ["/v1/hello?", "/v1/hello?a=1", "/v1/popup?page_token=x", "/v1/hello?callback=alert"])
async def test_query_strings_are_refused(site: Site, path: str) -> None:
    reply = await site.raw(f"GET {path} HTTP/1.1", site.host_line)
    assert (reply.status, reply.code) == (400, "request_malformed")


@pytest.mark.parametrize("path", ["/v2/hello", "/v1", "/v1/popup.html", "/v1/pages/popup.js"])
async def test_unknown_path_is_an_empty_404(site: Site, path: str) -> None:
    reply = await site.ask("GET", path)
    assert (reply.status, reply.body) == (404, b"")


@pytest.mark.parametrize(
    "path", ["/v1/../etc/passwd", "/v1/popup/..%2f..%2fagent.toml", "/v1/%2e%2e/hello", "/v1/hello%00"]
)
async def test_path_tricks_serve_nothing(site: Site, path: str) -> None:
    reply = await site.raw(f"GET {path} HTTP/1.1", site.host_line)
    assert reply.status in (400, 404)


async def test_overlong_request_line_and_header_are_refused(site: Site) -> None:
    line = await site.raw(f"GET /v1/{'a' * 9000} HTTP/1.1", site.host_line)
    header = await site.raw("GET /v1/hello HTTP/1.1", site.host_line, f"X-Long: {'a' * 9000}")
    assert (line.status, header.status) == (400, 400)


async def test_request_smuggling_by_two_lengths_is_refused(site: Site) -> None:
    reply = await site.raw(
        "POST /v1/authenticate HTTP/1.1", site.host_line, f"Origin: {ORIGIN}", "Content-Type: application/json",
        "Content-Length: 5", "Transfer-Encoding: chunked", body=b"0\r\n\r\n",
    )  # fmt: skip
    assert reply.status == 400
    assert site.host.orders == []


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/v1/hello"), ("GET", "/v1/popup"), ("GET", "/nowhere"), ("GET", "/v1/authenticate")]
)
async def test_every_answer_carries_the_safe_headers_and_no_version(site: Site, method: str, path: str) -> None:
    reply = await site.ask(method, path)
    assert reply.header("server") == "CardLogin"
    assert reply.header("cache-control") == "no-store"
    assert reply.header("x-content-type-options") == "nosniff"
    assert reply.header("referrer-policy") == "no-referrer"
    assert "frame-ancestors 'none'" in (reply.header("content-security-policy") or "")
    assert "default-src 'none'" in (reply.header("content-security-policy") or "")
    assert "aiohttp" not in str(reply.headers).lower()


async def test_answers_of_pages_that_may_not_be_read_stay_same_origin(site: Site) -> None:
    for path in ("/v1/hello", "/v1/popup", "/nowhere"):
        assert (await site.ask("GET", path)).header("cross-origin-resource-policy") == "same-origin"


async def test_pipelined_request_after_a_refused_one_is_judged_on_its_own(site: Site) -> None:
    body = f'{{"challenge": "{CHALLENGE}"}}'
    reply = await site.raw(
        "GET /v1/hello HTTP/1.1", f"Host: evil.example:{site.port}", "", "POST /v1/authenticate HTTP/1.1",
        site.host_line,
        "Origin: null", "Content-Type: application/json", f"Content-Length: {len(body)}", body=body.encode(),
    )  # fmt: skip
    assert reply.status == 403
    assert site.host.orders == []
