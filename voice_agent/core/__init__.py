"""Pure decisions: inputs with times go in, findings and commands come out; no clock, no I/O."""
