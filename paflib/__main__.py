"""``python -m paflib``."""

import sys

from paflib.cli import main

sys.exit(main())
