"""Exactly what was meant, once: faults on the deployed stack, with the mails counted in the mailbox."""

import re
import threading
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from services.publisher.recipients import recipient_key
from shared.storage import keys
from tests.e2e.faults import kill_functions
from tests.e2e.post_office import REFUSED, SUSPENDED, THROTTLED, Bench, PostOffice
from tests.e2e.support import Machine

READERS = [f"reader{number}@example.org" for number in range(50)]
TEN = READERS[:10]
FORM = b"List-Unsubscribe=One-Click"


@pytest.fixture(scope="module")
def office(machine: Machine) -> PostOffice:
    return PostOffice(machine.stack().endpoint)


@pytest.fixture(scope="module")
def deployed_bench(machine: Machine, office: PostOffice) -> Bench:
    pushed = machine.vectora("config", "push")
    assert pushed.returncode == 0, pushed.stderr
    bench = Bench(machine)
    bench.client("fifty", READERS)
    bench.client("ten", TEN)
    bench.client("reviewed", TEN, mode="review", reviewers=["owner@example.org"])
    bench.function(bench.stack.outputs["PublisherFunctionName"], {"AWS_ENDPOINT_URL_SESV2": office.url})
    return bench


@pytest.fixture
def bench(deployed_bench: Bench, office: PostOffice) -> Iterator[Bench]:
    office.heal()
    office.asked.clear()
    yield deployed_bench
    office.heal()


def counts(bench: Bench, client: str, name: str) -> dict[str, int]:
    """The report's counts, which must add up."""
    found = bench.report(client, name).counts
    assert found.recipients == found.sent + found.failed + found.unknown + found.withheld
    return {key: number for key, number in found.model_dump().items() if number}


def run_out(bench: Bench, name: str) -> None:
    """The dead invocation's lease is over."""
    bench.table.update(keys.delivery(name, "LEASE"), {"lease_until": 0})


def test_duplicate_messages_mail_everybody_once(bench: Bench) -> None:
    message = bench.draft("fifty", "ed-duplicates", ["dup1"], "approved")
    bench.announce(message, times=4)
    bench.until_sent("fifty", "ed-duplicates")
    bench.announce(message, times=2)
    assert sorted(bench.addresses("ed-duplicates")) == sorted(READERS)
    assert counts(bench, "fifty", "ed-duplicates") == {"recipients": 50, "sent": 50}


def test_one_bad_address_of_fifty_fails_alone(bench: Bench, office: PostOffice) -> None:
    office.judge = lambda address: REFUSED if address == READERS[17] else None
    bench.announce(bench.draft("fifty", "ed-one-bad", ["bad1"], "approved"))
    bench.until_sent("fifty", "ed-one-bad")
    assert sorted(bench.addresses("ed-one-bad")) == sorted(set(READERS) - {READERS[17]})
    assert counts(bench, "fifty", "ed-one-bad") == {"recipients": 50, "sent": 49, "failed": 1}


def test_throttled_ses_is_waited_out_without_a_second_mail(bench: Bench, office: PostOffice) -> None:
    lock, left = threading.Lock(), dict.fromkeys(TEN, 2)

    def judge(address: str) -> tuple[int, str, str] | None:
        with lock:
            left[address] -= 1
            return THROTTLED if left[address] >= 0 else None

    office.judge = judge
    bench.announce(bench.draft("ten", "ed-throttled", ["thr1"], "approved"))
    bench.until_sent("ten", "ed-throttled")
    assert sorted(bench.addresses("ed-throttled")) == sorted(TEN)
    assert len(office.asked) == 30
    assert counts(bench, "ten", "ed-throttled") == {"recipients": 10, "sent": 10}


def test_crash_after_send_and_before_record_mails_nobody_twice_and_ses_settles_the_doubt(
    bench: Bench, office: PostOffice
) -> None:
    killed: list[str] = []

    def kill(address: str) -> None:
        if address == TEN[4] and not killed:
            killed.append(address)
            assert kill_functions(bench.machine.home, "publisher")

    office.after = kill
    with bench.visibility(15):
        bench.announce(bench.draft("ten", "ed-crash", ["cra1"], "approved"))
        bench.until(lambda: bool(killed))
        run_out(bench, "ed-crash")
        bench.until_sent("ten", "ed-crash")  # by the same message, which comes back
    assert sorted(bench.addresses("ed-crash")) == sorted(TEN)
    assert counts(bench, "ten", "ed-crash") == {"recipients": 10, "sent": 9, "unknown": 1}
    tell_ses(bench, "ten", "ed-crash", TEN[4], "Delivery")
    bench.until(lambda: counts(bench, "ten", "ed-crash") == {"recipients": 10, "sent": 10})


def tell_ses(bench: Bench, client: str, name: str, address: str, kind: str, detail: str = "{}") -> None:
    """What SES publishes to the stack's topic about one mail."""
    tags = f'{{"client": ["{client}"], "edition": ["{name}"], "intent": ["{recipient_key(client, address)}"]}}'
    event = f'{{"eventType": "{kind}", "mail": {{"messageId": "m1", "tags": {tags}}}, "{kind.lower()}": {detail}}}'
    bench.stack.client("sns").publish(TopicArn=bench.stack.outputs["SesEventsTopicArn"], Message=event)


def test_replay_of_the_dead_letter_queue_completes_the_edition_once(bench: Bench, office: PostOffice) -> None:
    sqs, outputs = bench.stack.client("sqs"), bench.stack.outputs
    queue, dead = outputs["PublisherQueueUrl"], outputs["PublisherDeadLetterQueueUrl"]
    office.judge = lambda address: SUSPENDED if address in TEN[3:] else None
    message = bench.draft("ten", "ed-replayed", ["rep1"], "approved")
    found: list[dict[str, str]] = []

    def arrived() -> bool:
        found.extend(sqs.receive_message(QueueUrl=dead, MaxNumberOfMessages=10).get("Messages", []))
        return any("ed-replayed" in one["Body"] for one in found)

    with bench.visibility(1):
        bench.announce(message)
        bench.until(arrived)
    bench.until(lambda: sorted(bench.addresses("ed-replayed")) == sorted(TEN[:3]))
    office.heal()
    for one in found * 2:
        sqs.send_message(QueueUrl=queue, MessageBody=one["Body"])
    bench.until_sent("ten", "ed-replayed")
    assert sorted(bench.addresses("ed-replayed")) == sorted(TEN)
    assert counts(bench, "ten", "ed-replayed") == {"recipients": 10, "sent": 10}


def test_of_two_drafts_approved_at_once_that_share_an_item_one_is_sent(bench: Bench) -> None:
    drafts = [bench.draft("ten", name, ["both", f"own-{name}"]) for name in ("ed-first", "ed-second")]
    with ThreadPoolExecutor(2) as pool:
        done = list(
            pool.map(
                lambda one: bench.machine.vectora(
                    "edition", "approve", "ten", one.edition_id, "--hash", one.content_hash
                ),
                drafts,
            )
        )
    assert sorted(one.returncode for one in done) == [0, 2]
    assert "rebuild" in next(one.stderr for one in done if one.returncode)
    winner = drafts[[one.returncode for one in done].index(0)].edition_id
    bench.until_sent("ten", winner)
    assert sorted(bench.addresses("ed-first") + bench.addresses("ed-second")) == sorted(TEN)


def test_approving_a_draft_that_changed_is_refused(bench: Bench) -> None:
    message = bench.draft("reviewed", "ed-changed", ["chg1"])
    refused = bench.machine.vectora("edition", "approve", "reviewed", message.edition_id, "--hash", "0" * 16)
    assert refused.returncode == 2
    assert "rebuilt or edited" in refused.stderr
    assert bench.status("reviewed", "ed-changed") == "draft"


def get(url: str, body: bytes | None = None) -> int:
    """Status of a GET, or of a POST of `body`, on the Function URL."""
    try:
        with urllib.request.urlopen(url, data=body, timeout=120) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def link_in(text: str, path: str) -> str:
    found = re.search(rf"https?://\S+/{path}\?t=[\w.%-]+", text)
    assert found, text
    return found.group(0)


def test_owner_approves_by_the_link_in_his_mail_and_a_reader_unsubscribes_by_hers(bench: Bench) -> None:
    bench.announce(bench.draft("reviewed", "ed-by-link", ["lnk1"]))
    bench.until(lambda: bench.addresses("ed-by-link") == ["owner@example.org"])
    approve = link_in(bench.mails("ed-by-link")[0]["BodyText"], "approve")
    assert get(approve) == 200
    assert bench.status("reviewed", "ed-by-link") == "draft"
    assert get(approve[:-6] + "AAAAAA", FORM) == 403
    assert get(approve, FORM) == 200
    bench.until_sent("reviewed", "ed-by-link")
    assert sorted(bench.addresses("ed-by-link")) == sorted([*TEN, "owner@example.org"])

    mail = next(mail for mail in bench.mails("ed-by-link") if mail["To"] == [TEN[2]])
    unsubscribe = link_in(mail["BodyText"], "unsubscribe")
    assert get(unsubscribe) == 200
    assert get(unsubscribe, b"") == 400
    assert get(unsubscribe, FORM) == 200
    tell_ses(bench, "reviewed", "ed-by-link", TEN[3], "Bounce", '{"bounceType": "Permanent"}')
    tell_ses(bench, "reviewed", "ed-by-link", TEN[5], "Complaint")
    left = {recipient_key("reviewed", TEN[number]) for number in (2, 3, 5)}
    bench.until(lambda: sum(key in left for key in gone(bench)) == 3)
    bench.announce(bench.draft("reviewed", "ed-afterwards", ["lnk2"], "approved"))
    bench.until_sent("reviewed", "ed-afterwards")
    assert sorted(bench.addresses("ed-afterwards")) == sorted(set(TEN) - {TEN[2], TEN[3], TEN[5]})
    assert counts(bench, "reviewed", "ed-afterwards") == {"recipients": 10, "sent": 7, "withheld": 3}


def gone(bench: Bench) -> list[str]:
    listed = bench.machine.vectora("edition", "recipients", "reviewed").stdout
    return [line.split()[0] for line in listed.splitlines() if not line.endswith("subscribed") or "un" in line]


def test_sent_edition_is_sent_again_to_one_address_on_request(bench: Bench) -> None:
    bench.announce(bench.draft("ten", "ed-again", ["aga1"], "approved"))
    bench.until_sent("ten", "ed-again")
    asked = bench.machine.vectora("edition", "resend", "ten", "ed-again", "--to", "late@example.org")
    assert asked.returncode == 0, asked.stderr
    bench.until(lambda: "late@example.org" in bench.addresses("ed-again"))
    assert sorted(bench.addresses("ed-again")) == sorted([*TEN, "late@example.org"])


def test_no_address_is_in_logs_metrics_or_stored_files(bench: Bench) -> None:
    """Metrics are log lines. What the stack stores is read whole: reports, pages, feeds, records."""
    logs = bench.stack.client("logs")
    written = {
        group["logGroupName"]: "".join(
            event["message"] for event in logs.filter_log_events(logGroupName=group["logGroupName"])["events"]
        )
        for group in logs.describe_log_groups(logGroupNamePrefix="/aws/lambda/")["logGroups"]
    }
    for function in ("PublisherFunctionName", "LinksFunctionName"):
        assert written[f"/aws/lambda/{bench.stack.outputs[function]}"]
    assert [group for group, text in written.items() if "@example.org" in text] == []
    for bucket in ("NewslettersBucketName", "DataBucketName"):
        stored = objects(bench, bench.stack.outputs[bucket])
        assert [key for key, body in stored.items() if b"@example.org" in body] == []
    assert "ed-crash/delivery.json" in " ".join(objects(bench, bench.stack.outputs["NewslettersBucketName"]))
    scanned = (
        bench.stack.client("dynamodb").get_paginator("scan").paginate(TableName=bench.stack.outputs["StateTableName"])
    )
    rows = [row for page in scanned for row in page["Items"]]
    assert rows
    assert [row["pk"] for row in rows if "@example.org" in str(row)] == []


def objects(bench: Bench, bucket: str) -> dict[str, bytes]:
    s3 = bench.stack.client("s3")
    listed = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    keys = [row["Key"] for page in listed for row in page.get("Contents", [])]
    return {key: s3.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys}


def test_once_all_queues_are_empty_nobody_has_two_mails_of_one_edition(bench: Bench) -> None:
    """Last: duplicates that had to wait for another invocation come back after a minute."""
    bench.until(lambda: bench.waiting() == 0, 480)
    pairs = Counter((mail["Subject"], address) for mail in bench.all_mails() for address in mail["To"])
    assert pairs
    assert [pair for pair, number in pairs.items() if number > 1] == []
