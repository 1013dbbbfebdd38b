"""What spans jobs: grids, explanations, replays, pipelines. Empty until it is built."""
