"""`python -m tuneset` is the `tuneset` command."""

from tuneset.cli import main

if __name__ == "__main__":
    main()
