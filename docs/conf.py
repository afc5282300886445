"""How the documentation site is built: `make docs`; a dead link or an undocumented reference fails the build."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "extensions"))

project = "trustdelta"
author = "The trustdelta developers"
html_title = "trustdelta"
language = "en"
smartquotes = False
default_role = "code"  # docstrings quote code in single backticks

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "metric_pages"]
exclude_patterns = ["extensions"]
# Links into the repository (examples, CONTRIBUTING) are to files that the site does not hold.
myst_heading_anchors = 3
myst_enable_extensions = ["colon_fence"]

html_theme = "furo"
html_copy_source = False

autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
napoleon_numpy_docstring = False
