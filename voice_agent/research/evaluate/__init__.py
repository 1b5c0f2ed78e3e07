"""Measuring a component on somebody's own labelled data (DESIGN, "Data for `eval`")."""
