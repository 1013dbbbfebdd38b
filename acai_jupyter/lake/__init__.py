"""The lake: uploads, files, file sets, metadata, provenance, and who may use them (paper 3.1, 3.2, 4.4, 4.5)."""
