"""`vectora review`: open a draft on a local page."""

import webbrowser
from typing import Annotated

import typer

from cli.review.desk import Desk, Stores
from cli.review.server import Review, serve
from cli.run import config_store
from cli.stacks import Deployed, StackName, connect
from shared.clock import SystemClock
from shared.contracts.edition import EditionMessage
from shared.errors import NotFoundError
from shared.storage.editions import Editions
from shared.storage.labels import Labels
from shared.storage.lake import Lake
from shared.storage.objects import S3Objects
from shared.storage.table import Row, StateTable


def command(
    client: Annotated[str, typer.Argument(help="Client id.")],
    edition: Annotated[str | None, typer.Argument(help="Edition id. Default: the newest draft.")] = None,
    stack: Annotated[StackName, typer.Option(help="Where it is.")] = StackName.local,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port of the page; 0 takes a free one.")] = 0,
    browser: Annotated[bool, typer.Option(help="Open the page in the browser.")] = True,
) -> None:
    """Look at a draft, keep, drop, move, edit and label its items, then approve it or drop it."""
    kept = stores(connect(stack))
    row = newest_draft(kept.editions.history(client), client, edition, stack)
    review = Review(Desk(kept, client, row["edition_id"]), kept.labels)
    with serve(review, port) as server:
        address = f"http://127.0.0.1:{server.port}/?key={review.key}"
        typer.echo(f"Review of {row['edition_id']}: {address}\nPress Ctrl+C when you are done.")
        if browser:
            webbrowser.open(address)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            typer.echo("")


def newest_draft(history: list[Row], client_id: str, edition_id: str | None, stack: StackName) -> Row:
    """The edition of that id, else the newest draft. Raises NotFoundError that says what there is."""
    if edition_id is not None:
        found = [row for row in history if row["edition_id"] == edition_id and row["status"] != "building"]
    else:
        found = [row for row in history if row["status"] == "draft"]
    if not found:
        what = f"no edition {edition_id}" if edition_id else "no draft"
        raise NotFoundError(f"{client_id} has {what}: `vectora run {client_id} --review --stack {stack}` makes one")
    return found[-1]


def stores(stack: Deployed) -> Stores:
    """What the review and the edition commands use of a stack."""
    outputs, clock = stack.outputs, SystemClock()
    table = StateTable(stack.resource("dynamodb"), outputs["StateTableName"])
    sns = stack.client("sns")

    def announce(message: EditionMessage) -> None:
        sns.publish(TopicArn=outputs["NewsletterTopicArn"], Message=message.model_dump_json())

    return Stores(
        editions=Editions(table, clock),
        newsletters=S3Objects(stack.client("s3"), outputs["NewslettersBucketName"]),
        lake=Lake(table, S3Objects(stack.client("s3"), outputs["DataBucketName"])),
        labels=Labels(table, clock),
        config=config_store(stack),
        announce=announce,
    )
