"""The execution engine: registry, scheduler, dispatch, monitor, logs (paper 3.3, 4.2)."""
