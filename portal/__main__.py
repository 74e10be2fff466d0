"""Management commands of the portal: `python -m portal <command>`."""

import os
import sys

from django.core.management import execute_from_command_line


def main() -> None:
    """Run one Django command under the settings named by DJANGO_SETTINGS_MODULE (production's by default)."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings.production")
    execute_from_command_line(["python -m portal", *sys.argv[1:]])


if __name__ == "__main__":
    main()
