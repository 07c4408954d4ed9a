"""Runs the migrations on the connection ``History.upgrade`` hands over; never opens a database by itself."""

from alembic import context

from dashboard.history.schema import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, render_as_batch=True, transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
