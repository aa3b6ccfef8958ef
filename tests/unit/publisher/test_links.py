"""The links in mails: a GET asks, a POST acts, what is forged, expired or outdated is refused."""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.publisher.links import Desk, Page, Request, serve
from services.publisher.operations import publish
from services.publisher.recipients import recipient_key
from shared.clock import FixedClock
from shared.contracts.edition import EditionMessage
from shared.signing import LinkRefusedError, Signer
from tests.unit.publisher.fakes import CLIENT, EDITION, NOW, FakeClients, World, client_config, digest_of, message

KEY = recipient_key(CLIENT, "ann@example.org")
FORM = "List-Unsubscribe=One-Click"
URLENCODED = "application/x-www-form-urlencoded"
MULTIPART = (
    '--b1\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b1--\r\n',
    "multipart/form-data; boundary=b1",
)


class Releases:
    """One release."""

    def current(self) -> str:
        return "r1"


@dataclass
class Office:
    """LinksFunction among fakes, over the same editions and readers as a publisher."""

    world: World
    told: list[EditionMessage] = field(default_factory=list)
    moment: timedelta = timedelta()

    @property
    def desk(self) -> Desk:
        world = self.world
        return Desk(
            signer=world.signer,
            editions=world.editions,
            objects=world.objects,
            clients=FakeClients(client_config(world.recipients, **world.delivery)),
            releases=Releases(),
            standings=world.standings,
            announce=self.told.append,
            clock=FixedClock(NOW + self.moment),
        )

    def open(self, link: str, method: str = "GET", body: str = "", kind: str = URLENCODED) -> Page:
        parts = urlsplit(link)
        token = parse_qs(parts.query).get("t", [""])[0]
        return serve(Request(method, parts.path, token, kind, body), self.desk)

    def link(self, purpose: str) -> str:
        links = self.world.parts.links
        assert links is not None
        if purpose == "unsubscribe":
            return links.unsubscribe(CLIENT, KEY)
        return links.decision(purpose, CLIENT, EDITION, digest_of())  # type: ignore[arg-type]


@pytest.fixture
def office() -> Office:
    return Office(World(delivery={"mode": "review"}))


@pytest.mark.parametrize("purpose", ["unsubscribe", "approve", "drop"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_looking_at_a_link_changes_nothing(office: Office, purpose: str, method: str) -> None:
    before = (office.world.digest(), dict(office.world.standings.known))
    page = office.open(office.link(purpose), method)
    assert page.status == 200
    assert '<form method="post">' in page.html
    assert (office.world.digest(), dict(office.world.standings.known)) == before
    assert office.told == []


@pytest.mark.parametrize(("body", "kind"), [(FORM, URLENCODED), MULTIPART])
def test_one_click_unsubscribe_works_by_post_in_both_encodings_and_again(office: Office, body: str, kind: str) -> None:
    for _ in range(2):
        assert office.open(office.link("unsubscribe"), "POST", body, kind).status == 200
    assert office.world.standings.known == {KEY: "unsubscribed"}


@pytest.mark.parametrize("body", ["", "List-Unsubscribe=No", "a=b"])
def test_post_that_confirms_nothing_changes_nothing(office: Office, body: str) -> None:
    assert office.open(office.link("unsubscribe"), "POST", body).status == 400
    assert office.world.standings.known == {}


@pytest.mark.parametrize("purpose", ["unsubscribe", "approve", "drop"])
def test_expired_link_is_refused(office: Office, purpose: str) -> None:
    link = office.link(purpose)
    office.moment = timedelta(days=366)
    assert office.open(link, "POST", FORM).status == 403
    assert office.world.row["status"] == "draft"
    assert office.world.standings.known == {}


def test_link_for_one_thing_does_not_do_another(office: Office) -> None:
    token = office.link("drop").partition("?t=")[2]
    assert office.open(f"/approve?t={token}", "POST", FORM).status == 403


def test_link_signed_with_another_key_is_refused(office: Office) -> None:
    forged = Signer("x" * 64).sign("unsubscribe", {"client": CLIENT, "recipient": KEY}, NOW)
    assert office.open(f"/unsubscribe?t={forged}", "POST", FORM).status == 403
    assert office.world.standings.known == {}


@given(place=st.integers(0, 400), letter=st.sampled_from("ABCxyz019-_."))
def test_link_with_any_changed_letter_is_refused(place: int, letter: str) -> None:
    token = Signer("k" * 64).sign("unsubscribe", {"client": CLIENT, "recipient": KEY}, NOW)
    place %= len(token) - 1  # the last letter's lowest bits belong to no byte of the signature
    changed = token[:place] + letter + token[place + 1 :]
    if changed != token:
        with pytest.raises(LinkRefusedError):
            Signer("k" * 64).read("unsubscribe", changed, NOW)


def test_link_names_no_address(office: Office) -> None:
    assert "ann" not in office.link("unsubscribe")
    assert "example.org/" in office.link("unsubscribe")


def test_unknown_address_and_method_are_refused(office: Office) -> None:
    assert office.open("/elsewhere").status == 404
    assert office.open(office.link("approve"), "PUT").status == 405


def test_approve_link_approves_this_draft_and_the_publisher_sends_it_once(office: Office) -> None:
    for _ in range(2):
        assert office.open(office.link("approve"), "POST", FORM).status == 200
    assert office.world.row["status"] == "approved"
    for told in office.told:
        publish(told, office.world.parts, office.world.limits())
    assert office.world.mailer.addresses() == ["ann@example.org"]


def test_approve_link_of_a_rebuilt_draft_is_refused(office: Office) -> None:
    link = office.link("approve")
    office.world.row["content_hash"] = "changed"
    page = office.open(link, "POST", FORM)
    assert page.status == 409
    assert "rebuilt or edited" in page.html
    assert office.told == []


def test_approve_link_is_refused_when_an_item_went_out_in_another_edition_since(office: Office) -> None:
    office.world.editions.reserved["item1"] = "ed-ffffffffffffffff"
    page = office.open(office.link("approve"), "POST", FORM)
    assert page.status == 409
    assert "ed-ffffffffffffffff" in page.html
    assert office.world.row["status"] == "draft"


def test_approve_link_is_refused_while_the_files_are_not_those_of_the_record(office: Office) -> None:
    key = f"{office.world.row['prefix']}/newsletter.json"
    office.world.objects.files[key] += b"\n"
    assert office.open(office.link("approve"), "POST", FORM).status == 409


def test_drop_link_drops_and_the_dropped_draft_is_never_sent(office: Office) -> None:
    for _ in range(2):
        assert office.open(office.link("drop"), "POST", FORM).status == 200
    assert office.open(office.link("approve"), "POST", FORM).status == 409
    publish(message(status="approved"), office.world.parts, office.world.limits())
    assert office.world.mailer.attempts == []


def test_page_is_in_the_clients_language(office: Office) -> None:
    config = client_config(["ann@example.org"])
    french = config.model_copy(update={"client_profile": config.client_profile.model_copy(update={"language": "fr"})})
    desk = replace(office.desk, clients=FakeClients(french))
    token = office.link("unsubscribe").partition("?t=")[2]
    page = serve(Request("GET", "/unsubscribe", token), desk)
    assert "Se désabonner" in page.html
    assert 'lang="fr"' in page.html
