"""Files that leave Foresell: exports as CSV and XLSX."""
