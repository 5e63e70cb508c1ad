"""What several resources use: lists of customers, calculations behind a number, common schemas."""
