"""Alembic's entry: runs the revisions in the transaction that `migrate` has begun."""

from alembic import context

from voice_agent.store.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    render_as_batch=True,  # SQLite alters a table by copying it
)
context.run_migrations()
