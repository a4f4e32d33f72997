"""Web pages of other origins, whose browsers ask the server before they let a page read an answer."""

import pytest
from server_asgi import talk

from isomorph.errors import InputError

HERE, THERE = "https://example.org", "http://localhost:3000"
BODY = {"inputs": "a"}


def asked(app, origin):
    """What a browser asks first for a page of this origin, and then what the page asks, in turn."""

    async def ask(client):
        first = [
            ("origin", origin),
            ("access-control-request-method", "POST"),
            ("access-control-request-headers", "authorization,content-type"),
        ]
        page = [("origin", origin), ("authorization", "Bearer one")]
        return [
            await client.ask("OPTIONS", "/embed", headers=first),
            await client.post("/embed", BODY, headers=page),
            await client.post("/embed", BODY, headers=page[:1]),
            await client.post("/embed", {"inputs": 3}, headers=page),
        ]

    return talk(app, ask)


@pytest.mark.parametrize(("origins", "said"), [([HERE, THERE], THERE), (["*"], "*")])
def test_pages_of_named_origins_read_answers_and_refusals(app_of, origins, said):
    found = asked(app_of("vectors", keys=["one"], origins=origins), THERE)
    assert [each.status for each in found] == [200, 200, 401, 422]
    assert {each.headers["access-control-allow-origin"] for each in found} == {said}
    assert "POST" in found[0].headers["access-control-allow-methods"]
    assert "authorization" in found[0].headers["access-control-allow-headers"]


@pytest.mark.parametrize("origins", [[], [HERE]])
def test_a_page_of_another_origin_reads_nothing(app_of, origins):
    """Its browser keeps the answer from it, since no header lets that origin."""
    found = asked(app_of("vectors", keys=["one"], origins=origins), THERE)
    assert found[0].status in (400, 405)
    assert all("access-control-allow-origin" not in each.headers for each in found)


def test_a_client_that_is_no_browser_is_answered_as_before(app_of):
    async def ask(client):
        return await client.post("/embed", BODY), await client.get("/health")

    found = talk(app_of("vectors", origins=[HERE]), ask)
    assert [each.status for each in found] == [200, 200]


WRONG = [
    "example.org",
    "https://example.org/",
    "https://Example.org",
    "https://a b",
    "",
    None,
    "null",
]


@pytest.mark.parametrize("origin", WRONG)
def test_an_origin_that_no_browser_sends_is_refused_at_the_start(app_of, origin):
    with pytest.raises(InputError, match="is no origin"):
        app_of("vectors", origins=[origin])


def test_one_text_is_no_list_of_origins(app_of):
    with pytest.raises(InputError, match="list"):
        app_of("vectors", origins="*")
