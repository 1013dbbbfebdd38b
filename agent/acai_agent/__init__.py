"""The job agent: brings a job its files, runs its command, sends its log, takes its output home. Standard library only.

Outside the agent only `contract`, `http` and `transfer` are imported. This face imports nothing, so that they stay cheap.
"""
