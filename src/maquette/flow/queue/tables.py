"""The tables of the ledger; what each column means stands at the class that reads it."""

from __future__ import annotations

import sqlalchemy as sa

TABLES = sa.MetaData()
jobs = sa.Table(
    "jobs",
    TABLES,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("owner", sa.String, nullable=False, index=True),
    sa.Column("wish", sa.Text, nullable=False),
    sa.Column("tag", sa.String, nullable=False, default=""),
    sa.Column("state", sa.String, nullable=False, default="queued", index=True),
    sa.Column("attempt", sa.Integer, nullable=False, default=1),
    sa.Column("takeovers", sa.Integer, nullable=False, default=0),
    sa.Column("priority", sa.Integer, nullable=False, default=100),
    sa.Column("progress", sa.Float, nullable=False, default=0.0),
    sa.Column("message", sa.Text, nullable=False, default=""),
    sa.Column("worker", sa.String, nullable=False, default=""),
    sa.Column("created", sa.Float, nullable=False),
    sa.Column("started", sa.Float),
    sa.Column("ended", sa.Float),
    sa.Column("cancel", sa.Float),
    sa.Column("outputs", sa.Text, nullable=False, default="[]"),
    sa.Column("error", sa.Text),
    sa.Column("facts", sa.Text, nullable=False, default="{}"),
    sa.Column("idempotency", sa.String),
    sa.Column("body", sa.String, nullable=False, default=""),
    sa.Column("extra", sa.Text, nullable=False, default="{}"),
    sa.UniqueConstraint("owner", "idempotency"),
)
events = sa.Table(
    "events",
    TABLES,
    sa.Column("n", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("job", sa.String, nullable=False, index=True),
    sa.Column("at", sa.Float, nullable=False),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("data", sa.Text, nullable=False),
    sqlite_autoincrement=True,
)
workers = sa.Table(
    "workers",
    TABLES,
    sa.Column("name", sa.String, primary_key=True),
    sa.Column("host", sa.String, nullable=False),
    sa.Column("pid", sa.Integer, nullable=False),
    sa.Column("beat", sa.Float, nullable=False),
    sa.Column("state", sa.String, nullable=False, default="alive"),
)
files = sa.Table(
    "files",
    TABLES,
    sa.Column("digest", sa.String, primary_key=True),
    sa.Column("owner", sa.String, primary_key=True),
    sa.Column("name", sa.String, nullable=False),
    sa.Column("bytes", sa.BigInteger, nullable=False),
    sa.Column("created", sa.Float, nullable=False),
)
keys = sa.Table(
    "keys",
    TABLES,
    sa.Column("sha256", sa.String, primary_key=True),
    sa.Column("name", sa.String, nullable=False),
    sa.Column("scopes", sa.String, nullable=False),
    sa.Column("created", sa.Float, nullable=False),
    sa.Column("expires", sa.Float),
    sa.Column("per_minute", sa.Integer, nullable=False, default=600),
    sa.Column("at_once", sa.Integer, nullable=False, default=100),
    sa.Column("disk_mb", sa.Integer, nullable=False, default=20_000),
)
tokens = sa.Table(
    "tokens",
    TABLES,
    sa.Column("token", sa.String, primary_key=True),
    sa.Column("owner", sa.String, nullable=False),
    sa.Column("digest", sa.String, nullable=False, default=""),
    sa.Column("name", sa.String, nullable=False),
    sa.Column("created", sa.Float, nullable=False),
)
secrets_table = sa.Table(
    "secrets", TABLES, sa.Column("name", sa.String, primary_key=True), sa.Column("value", sa.String, nullable=False)
)
rooms = sa.Table(
    "rooms",
    TABLES,
    sa.Column("name", sa.String, primary_key=True),
    sa.Column("owner", sa.String, primary_key=True),
    sa.Column("rows", sa.Text, nullable=False),
    sa.Column("changed", sa.Float, nullable=False),
)
published = sa.Table(
    "published",
    TABLES,
    sa.Column("owner", sa.String, primary_key=True),
    sa.Column("name", sa.String, primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("created", sa.Float, nullable=False),
)
