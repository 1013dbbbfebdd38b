"""The tables, a module a subject; `acai_jupyter.backends.sql.tables` names them all."""
