#!/usr/bin/env python
"""Django's command line for this project."""

import os
import sys

from django.core.management import execute_from_command_line

from core import acting

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    acting.be(acting.Door.COMMAND, " ".join(sys.argv[1:2]))
    execute_from_command_line(sys.argv)
