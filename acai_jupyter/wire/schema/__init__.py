"""JSON Schemas, a module a subject; `acai_jupyter.wire.schemas` has them all."""
