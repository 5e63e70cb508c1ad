"""What open directories and companies' own pages say about customers: entries, proposals, and the reading of pages."""
