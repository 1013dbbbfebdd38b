"""Alembic's entry: runs migrations on the connection that it is given, inside that connection's transaction."""

from alembic import context

from acai_jupyter.backends.sql.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transactional_ddl=False,  # the caller has begun a transaction and ends it
)
context.run_migrations()
