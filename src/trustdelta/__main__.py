"""`python -m trustdelta`: the command line."""

from trustdelta.cli.main import main

main()
