"""The command line: one file per subject with its commands; `app` puts them together."""
