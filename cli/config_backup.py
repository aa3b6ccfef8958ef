"""`vectora config backup | restore`: a stack's configuration in a folder and back, every file verified by checksum."""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.folders import require_new, write_folder
from cli.run import config_store
from cli.schedules_commands import push_schedules
from cli.stacks import Deployed, StackName, connect
from shared.config.loader import DirectorySource, MappingSource, load_tree, release_sha
from shared.config.store import CURRENT, S3ConfigStore
from shared.errors import ConfigError, InputError

INDEX = "BACKUP.json"
_FORMAT = 1

Stack = Annotated[StackName, typer.Option(help="Whose configuration.")]


def backup(
    output: Annotated[Path, typer.Argument(help="New or empty folder for the backup.")],
    stack: Stack = StackName.local,
    release: Annotated[str | None, typer.Option(help="Another release than the current one.")] = None,
) -> None:
    """Write a release's files and their checksums into a folder; the bucket itself keeps every release."""
    require_new(output)
    store = config_store(connect(stack))
    wanted = release or store.current()
    files = store.verified(wanted)
    write_folder(output, {**files, INDEX: index(files, stack, wanted)})
    typer.echo(f"{output}: release {wanted} of {stack}, {len(files)} files, checksums in {INDEX}")


def restore(
    source: Annotated[str, typer.Argument(help="Folder of a backup, or the id of a release that the bucket keeps.")],
    stack: Stack = StackName.local,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Verify and show, but restore nothing.")] = False,
    schedules: Annotated[
        bool | None,
        typer.Option(help="Also make the schedules those of its clients. Default: yes, except on the local stack."),
    ] = None,
) -> None:
    """Verify a backup or an older release and make it current, with its schedules."""
    deployed = connect(stack)
    store = config_store(deployed)
    folder = Path(source)
    files = verified_backup(folder, stack) if folder.is_dir() else _release(deployed, store, source)
    changes = store.diff(files)
    for mark, paths in (("added", changes.added), ("changed", changes.changed), ("removed", changes.removed)):
        for path in paths:
            typer.echo(f"{mark:<8} {path}")
    if not changes:
        typer.echo("no difference: it is the current release")
    elif dry_run:
        typer.echo(f"dry run: release {release_sha(files)} is intact; nothing was restored")
    else:
        typer.echo(f"release {store.push(files)} is current on {stack} again")
    if stack is not StackName.local if schedules is None else schedules:
        push_schedules(deployed, stack, load_tree(MappingSource(files)), dry_run=dry_run)


def index(files: Mapping[str, bytes], stack: str, release: str) -> bytes:
    """BACKUP.json: where and when the backup was taken, and each file's SHA-256."""
    content = {
        "format": _FORMAT,
        "stack": stack,
        "release": release,
        "taken_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "files": {path: hashlib.sha256(body).hexdigest() for path, body in sorted(files.items())},
    }
    return json.dumps(content, indent=1).encode()


def verified_backup(folder: Path, stack: StackName) -> dict[str, bytes]:
    """The files of a backup. Raises ConfigError naming every file that is missing, added or changed."""
    listed = _index(folder, stack)
    files = DirectorySource(folder).files()
    found = {path: hashlib.sha256(body).hexdigest() for path, body in files.items()}
    wrong = sorted(path for path in listed.keys() | found.keys() if listed.get(path) != found.get(path))
    if wrong:
        raise ConfigError(
            f"{folder} is not the backup that was taken: {', '.join(wrong[:10])} differ from {INDEX}; take another "
            f"backup, or push the folder as a configuration of its own: `vectora config push {folder} --stack {stack}`"
        )
    return files


def _index(folder: Path, stack: StackName) -> dict[str, str]:
    path = folder / INDEX
    if not path.is_file():
        push = f"vectora config push {folder} --stack {stack}"
        raise InputError(f"{folder} has no {INDEX}, so nothing can be verified; push it with `{push}`.")
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return {str(name): str(digest) for name, digest in content["files"].items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigError(f"{path} is unreadable ({error}); take another backup") from error


def _release(deployed: Deployed, store: S3ConfigStore, release: str) -> dict[str, bytes]:
    kept = releases(deployed.client("s3"), deployed.outputs["ConfigBucketName"])
    if release not in kept:
        known = ", ".join(f"{name} ({moment:%Y-%m-%d})" for name, moment in list(kept.items())[:8]) or "none"
        raise InputError(f"{release!r} is neither a folder nor a release of this stack. Newest releases: {known}.")
    return store.verified(release)


def releases(s3: Any, bucket: str) -> dict[str, datetime]:
    """Release → when it was written, the newest first."""
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix="releases/")
    written: dict[str, datetime] = {}
    for row in (row for page in pages for row in page.get("Contents", ()) if row["Key"] != CURRENT):
        name = row["Key"].split("/")[1]
        written[name] = max(written.get(name, row["LastModified"]), row["LastModified"])
    return dict(sorted(written.items(), key=lambda pair: pair[1], reverse=True))
