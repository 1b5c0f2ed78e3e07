"""Python runs this at its start where this folder is in PYTHONPATH: record sessions there too."""

from recorded import install

install()
