"""The workflows: the only modules that wire the packages together, one page each."""
