"""`vectora dlq`: work that was given up, why, and putting it back."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from cli.dlq import DONE, QUEUES, UNREADABLE, Letter, Queue, QueueName, advice, grouped, matches
from cli.dlq_post import Mover, Post
from cli.dlq_replay import Moved, Replayed, Time, fates, move_all, replay
from cli.stacks import Deployed, LocalStack, StackName, connect
from cli.tables import show_rows

app = typer.Typer(help="Work that was given up: why, and putting it back.", no_args_is_help=True)

_SHOWN = 20

Stack = Annotated[StackName, typer.Option(help="Whose queues.")]
Which = Annotated[QueueName | None, typer.Option("--queue", help="One queue. Default: all.")]
Only = Annotated[str | None, typer.Option(help="Only this reason, as `vectora dlq list` names it, or words of it.")]


@app.command("list")
def list_letters(queue: Which = None, stack: Stack = StackName.local) -> None:
    """How much was given up, grouped by queue and reason, with what to do."""
    post = Post(connect(stack))
    letters = [letter for one in _queues(queue) for letter in _seen(post, one)]
    rows = [_row(group, members, stack) for (_, group), members in grouped(letters).items()]
    if rows:
        show_rows(Console(), ("queue", "reason", "messages", "oldest", "what to do"), rows)
    else:
        typer.echo("nothing was given up")
    for one in _queues(queue):
        _tell_held(post, one)


def _row(group: str, members: list[Letter], stack: StackName) -> tuple[str, ...]:
    queue, oldest = members[0].queue, min(letter.sent_ms for letter in members)
    return queue.name, group, str(len(members)), _moment(oldest), advice(queue, group, stack)


@app.command("show")
def show(
    queue: Which = None,
    only: Only = None,
    limit: Annotated[int, typer.Option(min=1, help="Messages of each queue and reason.")] = _SHOWN,
    stack: Stack = StackName.local,
) -> None:
    """Each message: what it is about and the whole reason."""
    post = Post(connect(stack))
    letters = [letter for one in _queues(queue) for letter in _seen(post, one) if matches(letter, only)]
    for (name, group), members in grouped(letters).items():
        typer.echo(f"{name}, {group}: {len(members)}")
        for letter in members[:limit]:
            typer.echo(f"  {_moment(letter.sent_ms)}  {letter.about or letter.message_id}\n    {letter.reason}")
        if len(members) > limit:
            typer.echo(f"  and {len(members) - limit} more (--limit)")
    if not letters:
        typer.echo("nothing was given up" if only is None else f"nothing was given up with the reason {only!r}")


@app.command("replay")
def replay_letters(
    queue: Which = None,
    only: Only = None,
    rate: Annotated[int, typer.Option(min=1, max=500, help="Messages a second at most.")] = 10,
    wait: Annotated[int, typer.Option(min=0, help="Seconds to wait for what becomes of them.")] = 120,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be put back, but do not.")] = False,
    stack: Stack = StackName.local,
) -> None:
    """Put messages back, losing none: safe to interrupt and to repeat. Exit status 1 if some failed again."""
    deployed = connect(stack)
    post, failed = Post(deployed), 0
    for one in _queues(queue):
        if dry_run:
            _rehearse(_seen(post, one), only)
        elif post.depth(one)[0]:
            failed += _replay(deployed, post, one, only, rate, wait, stack)
        else:
            typer.echo(f"{one.name}: nothing waits")
        _tell_held(post, one)
    if failed:
        raise typer.Exit(1)


def _tell_held(post: Post, queue: Queue) -> None:
    if held := post.depth(queue)[1]:
        told = "by the sweeper, or by a command that was interrupted: they come back within two minutes"
        typer.echo(f"{queue.name}: {held} more are held {told}")


def _replay(
    deployed: Deployed, post: Post, queue: Queue, only: str | None, rate: int, wait: int, stack: StackName
) -> int:
    clock = Time()
    # AWS moves a whole queue by itself, but can neither choose messages nor invoke a function
    movable = queue.back_to and only is None and not isinstance(deployed, LocalStack)
    seen = post.peek(queue) if movable else []
    with _bar(queue, post.depth(queue)[0]) as moved:
        if movable and not any(letter.group in _INTENDED for letter in seen):
            done = move_all(queue, Mover(deployed), seen, rate, moved, clock)
        else:
            done = replay(queue, post, only, rate, moved, clock)
    return _tell(queue, done, post, wait, clock, stack)


def _tell(queue: Queue, done: Replayed, post: Post, wait: int, clock: Time, stack: StackName) -> int:
    counts = fates(done, post, wait, clock)
    told = [f"{len(done.sent)} put back"]
    told += [f"{count} {_FATES[fate]}" for fate, count in sorted(counts.items())]
    told += [f"{len(done.removed)} removed, done already"] if done.removed else []
    told += [f"{len(done.left)} left as they are"] if done.left else []
    told += [f"look again: `vectora dlq list --queue {queue.name} --stack {stack}`"] if counts["waiting"] else []
    typer.echo(f"{queue.name}: {', '.join(told)}")
    for letter in [one for one in done.sent if post.fate(one, done.since) == "failed"][:_SHOWN]:
        typer.echo(f"  failed again: {letter.about}: {post.explained(letter).reason}")
    return counts["failed"]


_INTENDED = {DONE: "removed", UNREADABLE: "left as they are, because nothing can repeat them"}
_FATES = {"done": "done", "failed": "failed again", "waiting": "not finished yet"}


def _rehearse(letters: list[Letter], only: str | None) -> None:
    for (name, group), members in grouped(letter for letter in letters if matches(letter, only)).items():
        typer.echo(f"dry run: {name}, {group}: {len(members)} would be {_INTENDED.get(group, 'put back')}")


@contextmanager
def _bar(queue: Queue, total: int) -> Iterator[Moved]:
    console = Console(stderr=True)
    with Progress(
        TextColumn("{task.description:<9}"), BarColumn(30), MofNCompleteColumn(), console=console
    ) as progress:
        task = progress.add_task(queue.name, total=total)
        yield lambda handled: progress.update(task, completed=handled)


def _seen(post: Post, queue: Queue) -> list[Letter]:
    """What is in a queue; one that SQS counts as empty is not waited for."""
    return post.peek(queue) if post.depth(queue)[0] else []


def _queues(name: QueueName | None) -> tuple[Queue, ...]:
    return tuple(queue for queue in QUEUES if name in (None, queue.name))


def _moment(milliseconds: int) -> str:
    return f"{datetime.fromtimestamp(milliseconds / 1000, UTC):%Y-%m-%d %H:%M}" if milliseconds else "unknown"
