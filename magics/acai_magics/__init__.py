"""The magics: `%acai` and `%%acai`, completion, rich display, widgets."""
