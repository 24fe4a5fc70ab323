"""Imported before everything else in a sandbox: what its imports can do without.

jsonschema, which nbformat imports, builds the grammar of internationalized URLs (RFC 3987) as soon as the
package for it is there. It takes two seconds of CPU time, and no notebook's schema asks for such a check.
"""

from __future__ import annotations

import sys
from typing import Any, cast

cast("dict[str, Any]", sys.modules).setdefault("rfc3987_syntax", None)
