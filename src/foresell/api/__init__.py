"""The API: one file per resource. It shows what was written; no score and no aggregate is made here."""
