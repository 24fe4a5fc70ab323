"""`python -m course` is the `lab` command."""

from course.cli import main

if __name__ == "__main__":
    main()
