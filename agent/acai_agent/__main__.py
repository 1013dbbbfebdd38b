"""`python -m acai_agent`, and the entry of the zipapp."""

import sys


def main() -> int:
    """Says in words what an old Python would say in a traceback."""
    if sys.version_info < (3, 9):
        sys.stderr.write("The job's agent needs Python 3.9 or later; this is Python %d.%d.\n" % sys.version_info[:2])
        return 2
    from acai_agent.main import main as run

    return run()


if __name__ == "__main__":
    sys.exit(main())
