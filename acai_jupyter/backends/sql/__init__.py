"""The metadata store on SQLAlchemy Core: SQLite, and the statements that PostgreSQL will share."""
