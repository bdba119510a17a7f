"""``python -m pixrestore``."""

import sys

from pixrestore.cli import main

sys.exit(main())
